/** The roles of Azure that the templates may assign, by the id of their definition. None of them may change resources or rights. */
export const roleNames: ReadonlyMap<string, string> = new Map([
  ["4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0", "Azure Service Bus Data Receiver"],
  ["69a216fc-b8fb-44d8-bc22-1f3c2cd27a39", "Azure Service Bus Data Sender"],
  ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "Storage Blob Data Owner"],
  ["2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader"],
  ["974c5e8b-45b9-4653-ba55-5f855dd0fb88", "Storage Queue Data Contributor"],
  ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "Storage Table Data Contributor"],
  ["3913510d-42f4-4e42-8a64-420c390055eb", "Monitoring Metrics Publisher"],
  ["4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User"],
]);
