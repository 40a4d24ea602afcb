import { expect, test } from "vitest";
import { toJson } from "../../../infra/check/evaluate/value.ts";
import { formatFinding } from "../../../infra/check/finding.ts";
import { checkFiles } from "../../support/infra/checked.ts";

const main = `@description('The instances.')
param names string[]
var who = 'Microsoft.ManagedIdentity/userAssignedIdentities'
module identities 'identity.bicep' = [for name in names: {
  params: { name: 'id-\${name}', tags: { type: who } }
}]
module roles 'role.bicep' = [for (name, index) in names: if (name != 'guest') {
  params: { principalId: identities[index].outputs.principalId }
}]
`;
const identity = `@description('d')
param name string
@description('d')
param tags object
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: 'global'
  tags: tags
}
@description('d')
output principalId string = identity.properties.principalId
`;
const role = `@description('d')
param principalId string
resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: 'account'
}
resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, principalId)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3')
  }
}
`;

const parameters = "using 'main.bicep'\nparam names = ['a', 'b', 'guest']\n";

/** Deploys on paper, after changes to the files. */
async function deploy(changed: Readonly<Record<string, string>> = {}) {
  const files = {
    "main.bicep": main,
    "identity.bicep": identity,
    "role.bicep": role,
    "main.bicepparam": parameters,
  };
  const { findings, deployments } = await checkFiles({ ...files, ...changed });
  return { said: findings.map(formatFinding).join("\n"), resources: deployments[0]?.resources ?? [] };
}

test("deploys on paper what the parameters ask for, through loops, conditions and modules", async () => {
  const { said, resources } = await deploy();
  expect(said).toBe("");
  const deployed = resources.filter(({ existing }) => !existing);
  expect(
    deployed.map(({ type, name }) => `${type.split("/")[1]} ${name.startsWith("id-") ? name : "‹guid›"}`),
  ).toEqual([
    "userAssignedIdentities id-a",
    "userAssignedIdentities id-b",
    "userAssignedIdentities id-guest",
    "roleAssignments ‹guid›",
    "roleAssignments ‹guid›",
  ]);
  const [first, , , assignment] = deployed;
  expect(first && toJson(first.body)).toMatchObject({
    tags: { type: "Microsoft.ManagedIdentity/userAssignedIdentities" },
  });
  expect(assignment?.scopeId).toMatch(/storageAccounts\/account$/);
  expect(assignment && toJson(assignment.body)).toMatchObject({
    properties: { principalId: "‹id-a.properties.principalId›" },
  });
});

test.each([
  [
    "two resources of one name",
    { "main.bicepparam": parameters.replace("'b'", "'a'") },
    '"id-a" (Microsoft.ManagedIdentity/userAssignedIdentities) is deployed twice',
  ],
  [
    "a role that the check does not know",
    { "role.bicep": role.replace("0a9a7e1f", "0a9a7e1e") },
    '"reader" assigns a role that the check does not know: 0a9a7e1e-',
  ],
  [
    "a role on everything",
    { "role.bicep": role.replace("  scope: account\n", "") },
    '"reader" gives its role on the whole resource group',
  ],
  [
    "a kind of principal that there is not",
    { "role.bicep": role.replace("'ServicePrincipal'", "'ServicePrinciple'") },
    "principalType is 'ServicePrinciple'",
  ],
  [
    "a role without the kind of principal",
    { "role.bicep": role.replace("    principalType: 'ServicePrincipal'\n", "") },
    '"reader" has no principalType',
  ],
  [
    "a parameter that is not given",
    { "main.bicepparam": "using 'main.bicep'\n" },
    'main.bicepparam:1:1 the parameter "names" of main.bicep is missing',
  ],
  [
    "a parameter that there is not",
    { "main.bicepparam": `${parameters}param nmaes = []\n` },
    'main.bicepparam:3:1 main.bicep has no parameter "nmaes": did you mean "names"?',
  ],
  [
    "a parameter of another type",
    { "main.bicepparam": parameters.replace("['a', 'b', 'guest']", "'a'") },
    "names must be a list, and is a string",
  ],
  [
    "parameters of a file that is not there",
    { "main.bicepparam": parameters.replace("main", "mian") },
    "there is no Bicep file 'mian.bicep' to use",
  ],
])("finds %s", async (_, changed, expected) => {
  expect((await deploy(changed)).said).toContain(expected);
});

test("finds a duration that is none", async () => {
  const queue = `resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: 'abcdef'
}
resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: 'q'
  properties: { lockDuration: '1 minute' }
}
`;
  const { said } = await deploy({ "main.bicep": queue, "main.bicepparam": "using 'main.bicep'\n" });
  expect(said).toBe(
    "main.bicep:7:17 lockDuration is '1 minute', which is no ISO 8601 duration such as PT5M or P1D",
  );
});
