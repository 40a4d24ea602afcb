import { randomUUID } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import { TableStore } from "../../shared/table/table-store.ts";

/** A new table of the service, for a test that must not find what another left. */
export async function ownTable(service: { connectionString: string }): Promise<TableStore> {
  const name = `Test${randomUUID().replaceAll("-", "")}`;
  const client = TableClient.fromConnectionString(service.connectionString, name, {
    allowInsecureConnection: true,
  });
  const table = new TableStore(client);
  await table.ensure();
  return table;
}
