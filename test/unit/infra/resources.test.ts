import { expect, test } from "vitest";
import { findingsIn } from "../../support/infra/checked.ts";

const bus = `resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'abcdef'
  location: 'global'
  sku: { name: 'Standard' }
  properties: { disableLocalAuth: true }
}
resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: 'orders'
  properties: { lockDuration: 'PT1M', maxDeliveryCount: 5 }
}
resource rule 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = {
  name: 'abcdef/t/s/r'
  properties: { filterType: 'CorrelationFilter', correlationFilter: { properties: { role: 'web' } } }
}
resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: 'site'
}
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}
resource alert 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'tell'
  location: 'global'
  properties: { enabled: true, groupShortName: 'tell' }
}
`;

/** What is wrong after one change. */
async function after(what: string, by: string): Promise<string[]> {
  expect(bus).toContain(what);
  return findingsIn(bus.replace(what, () => by));
}

test("finds nothing where nothing is wrong", async () => {
  expect(await findingsIn(bus)).toEqual([]);
});

test.each([
  [
    "a misspelt property",
    "lockDuration",
    "lockDuratoin",
    '10:17 properties.lockDuratoin is no property of SBQueueProperties: did you mean "lockDuration"?',
  ],
  [
    "a property where it does not belong",
    "disableLocalAuth: true",
    "lockDuration: 'PT1M'",
    "5:17 properties.lockDuration is no property of SBNamespaceProperties",
  ],
  ["a missing property", "  location: 'global'\n", "", "1:61 location is missing, and required"],
  [
    "a missing property inside another",
    "{ name: 'Standard' }",
    "{ tier: 'Standard' }",
    "4:8 sku.name is missing, and required",
  ],
  [
    "a read-only property",
    "maxDeliveryCount: 5",
    "messageCount: 5",
    "10:39 properties.messageCount is read-only",
  ],
  [
    "a text where a number belongs",
    "maxDeliveryCount: 5",
    "maxDeliveryCount: '5'",
    "10:39 properties.maxDeliveryCount must be a whole number, and is a string",
  ],
  [
    "a number where true or false belongs",
    "disableLocalAuth: true",
    "disableLocalAuth: 1",
    "5:17 properties.disableLocalAuth must be true or false, and is a number",
  ],
  [
    "a text where an object belongs",
    "{ name: 'Standard' }",
    "'Standard'",
    "4:3 sku must be an object, and is a string",
  ],
  [
    "a value that is not allowed",
    "'Standard'",
    "'Standart'",
    "4:10 sku.name is 'Standart': did you mean \"Standard\"?",
  ],
  ["letters of the wrong case", "'Standard'", "'standard'", "4:10 sku.name is 'standard'"],
  [
    "a kind of filter that there is not",
    "'CorrelationFilter'",
    "'Correlation'",
    "14:17 properties.filterType is 'Correlation'",
  ],
  ["a fixed name that is another", "'ftp'", "'ftps'", "21:3 name is 'ftps'"],
  [
    "a name that is too long",
    "groupShortName: 'tell'",
    "groupShortName: 'much too long for it'",
    "27:32 properties.groupShortName is 'much too long for it', which is 20 characters long; allowed: 1 to 12",
  ],
  [
    "a resource type that there is not",
    "namespaces/queues@",
    "namespaces/queue@",
    '7:1 there is no schema of the resource type "Microsoft.ServiceBus/namespaces/queue": did you mean "Microsoft.ServiceBus/namespaces/queues"?',
  ],
  [
    "a version that there is not",
    "queues@2024-01-01",
    "queues@2024-01-02",
    '7:1 there is no schema of Microsoft.ServiceBus/namespaces/queues in the version "2024-01-02"',
  ],
  [
    "a child without its parent",
    "  parent: bus\n",
    "",
    '7:1 the name "orders" has 1 parts, and the type Microsoft.ServiceBus/namespaces/queues needs 2',
  ],
  [
    "a parent of another kind",
    "parent: bus",
    "parent: alert",
    "8:3 the parent of Microsoft.ServiceBus/namespaces/queues is a Microsoft.ServiceBus/namespaces",
  ],
  [
    "a resource put on another that extends none",
    "parent: bus",
    "scope: bus",
    "cannot be put on another resource",
  ],
])("finds %s", async (_, what, by, expected) => {
  expect((await after(what, by)).find((finding) => finding.includes(expected))).toBeDefined();
});

test.each([
  [
    "in both sides of a choice",
    "param p bool\n",
    "lockDuration: p ? 'PT1M' : 5",
    "lockDuration must be a string",
  ],
  ["in a variable", "var v = { lockDuratoin: 'PT1M' }\n", "...v", "syntax error"],
  ["in what union() puts together", "", "countDetails: union({ a: 1 }, {})", "countDetails is read-only"],
  [
    "in what a parameter may be",
    "@description('d')\nparam p int\n",
    "lockDuration: p",
    "lockDuration must be a string, and is a whole number",
  ],
  [
    "in a parameter that allows more than the property",
    "@description('d')\nparam p 'Active' | 'Actve'\n",
    "status: p",
    "status may be 'Actve'; allowed: 'Active'",
  ],
])("finds what is wrong %s", async (_, before, property, expected) => {
  const findings = await findingsIn(`${before}${bus.replace("lockDuration: 'PT1M'", () => property)}`);
  expect(findings.find((finding) => finding.includes(expected))).toBeDefined();
});

test("looks into loops, nested resources, variables and unions, and at each round of a loop over what is known", async () => {
  const findings = await findingsIn(`var common = { lockDuration: 'PT1M' }
var queues = { a: { maxDeliveryCount: 5 }, b: { maxDeliveryCount: 'ten' }, c: { maxDeliverCount: 1 } }
resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'abcdef'
  location: 'global'
  sku: { name: 'Standard' }
  resource inner 'queues' = {
    name: 'inner'
    properties: { requiresSesion: true }
  }
}
resource all 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [for queue in items(queues): {
  parent: bus
  name: queue.key
  properties: union(common, queue.value)
}]
output id string = bus::inner.id
`);
  expect(findings).toEqual([
    "2:49 properties.maxDeliveryCount must be a whole number, and is a string",
    '2:81 properties.maxDeliverCount is no property of SBQueueProperties: did you mean "maxDeliveryCount"? allowed: autoDeleteOnIdle, deadLetteringOnMessageExpiration, defaultMessageTimeToLive, duplicateDetectionHistoryTimeWindow, enableBatchedOperations, enableExpress, enablePartitioning, forwardDeadLetteredMessagesTo, forwardTo, lockDuration, maxDeliveryCount, maxMessageSizeInKilobytes, and 4 more',
    expect.stringContaining("9:19 properties.requiresSesion is no property of SBQueueProperties"),
    '17:1 output "id" has no @description',
  ]);
});

test("an existing resource is only named, and what is read of one must be there", async () => {
  const findings =
    await findingsIn(`resource who 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: 'who'
  location: 'here'
}
@description('d')
output id string = who.properties.principleId
`);
  expect(findings).toEqual([
    '3:3 an existing resource takes name, parent and scope, and no "location"',
    expect.stringMatching(/^6:20 there is no "principleId" here: did you mean "principalId"\?/),
  ]);
});
