import { expect, test } from "vitest";
import { findingsIn } from "../../support/infra/checked.ts";

const described = (statement: string) => `@description('d')\n${statement}\n`;

test.each([
  [
    "a name that nothing has",
    described("param tag string") + described("output o string = tga"),
    '4:19 nothing is called "tga": did you mean "tag"?',
  ],
  [
    "a function that there is not",
    described("output o string = toLowr('A')"),
    '2:19 there is no function "toLowr": did you mean "toLower"?',
  ],
  [
    "a function with too few arguments",
    described("output o string = replace('a', 'b')"),
    "replace takes 3 arguments, and gets 2",
  ],
  [
    "a decorator that there is not",
    "@descripton('d')\nparam p string\n" + described("output o string = p"),
    'there is no decorator @descripton: did you mean "description"?',
  ],
  ["a parameter that nothing uses", described("param p string"), 'param "p" is used nowhere'],
  ["a variable that nothing uses", "var v = 1", 'var "v" is used nowhere'],
  ["an import that nothing uses", "import { t } from 'types.bicep'", 'import "t" is used nowhere'],
  [
    "an import of a file that is not there",
    "import { t } from 'typos.bicep'",
    "there is no Bicep file typos.bicep",
  ],
  [
    "an import of what is not exported",
    "import { ts } from 'types.bicep'",
    'types.bicep exports no "ts": did you mean "t"?',
  ],
  [
    "an existing resource that nothing uses",
    "resource r 'Microsoft.Web/sites@2024-11-01' existing = { name: 'a' }",
    'resource "r" is used nowhere',
  ],
  [
    "a name that is declared twice",
    "var v = 1\nvar v = 2\n" + described("output o int = v"),
    '"v" is declared twice',
  ],
  [
    "a variable that needs itself",
    "var a = b\nvar b = a\n" + described("output o string = a"),
    '"a" needs itself',
  ],
  [
    "a type that there is not",
    described("param p tagType") + described("output o object = p"),
    'there is no type "tagType"',
  ],
  [
    "a parameter without a description",
    "param p string\n" + described("output o string = p"),
    '1:1 param "p" has no @description',
  ],
  [
    "a member of a type without a description",
    described("type t = {\n  a: string\n}") + described("param p t") + described("output o string = p.a"),
    '3:3 "a" of the type "t" has no @description',
  ],
  [
    "a member that a type has not",
    described("type t = {\n  @description('d')\n  role: string\n}") +
      described("param p t[]") +
      described("output o array = [for one in p: one.rol]"),
    'there is no "rol" here: did you mean "role"?',
  ],
  [
    "a default of another type",
    described("param p int = 'one'") + described("output o int = p"),
    "the default of p must be a whole number, and is a string",
  ],
  [
    "a default that is not allowed",
    described("param p 'a' | 'b' = 'c'") + described("output o string = p"),
    "the default of p is 'c'",
  ],
  [
    "an output of another type",
    described("output o int = 'one'"),
    "output o must be a whole number, and is a string",
  ],
  [
    "a file that is not there",
    "var v = loadJsonContent('no.json')\n" + described("output o object = v"),
    "there is no file no.json",
  ],
  [
    "the resource group of a subscription",
    "targetScope = 'subscription'\n" + described("output o string = resourceGroup().id"),
    "resourceGroup() is known only where",
  ],
  [
    "a host name of one cloud",
    "var v = 'https://a.blob.core.windows.net'\n" + described("output o string = v"),
    "core.windows.net is another host in another cloud",
  ],
  [
    "a key in an output",
    "@description('d')\n@secure()\nparam secretValue string\n" + described("output o string = secretValue"),
    'the output "o" shows the secret "secretValue"',
  ],
])("finds %s", async (_, text, expected) => {
  const others = { "types.bicep": "@export()\n@description('d')\ntype t = string" };
  expect((await findingsIn(text, others)).find((finding) => finding.includes(expected))).toBeDefined();
});

const child = `${described("param size int")}${described("param name string = 'x'")}${described("output id string = '${name}${size}'")}`;
const use = (body: string, after = "") => `module m 'child.bicep' = {\n${body}}\n${after}`;

test.each([
  [
    "that is not there",
    "module m 'chlid.bicep' = {\n  params: {}\n}\n",
    "there is no Bicep file chlid.bicep",
  ],
  [
    "with a parameter that it has not",
    use("  params: { size: 1, sise: 2 }\n"),
    'child.bicep has no parameter "sise": did you mean "size"?',
  ],
  [
    "without a parameter that it needs",
    use("  params: { name: 'a' }\n"),
    'the parameter "size" of child.bicep is missing',
  ],
  ["without any", use("  name: 'm'\n"), 'the parameter "size" of child.bicep is missing'],
  [
    "with a value of another type",
    use("  params: { size: '1' }\n"),
    "size must be a whole number, and is a string",
  ],
  [
    "with a property that modules have not",
    use("  parms: { size: 1 }\n"),
    '"parms" is no property of a module: did you mean "params"?',
  ],
  [
    "by an output that it has not",
    use("  params: { size: 1 }\n", described("output o string = m.outputs.ids")),
    'there is no "ids" here: did you mean "id"?',
  ],
  [
    "by an output in a name",
    use(
      "  params: { size: 1 }\n",
      "resource r 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {\n  name: m.outputs.id\n  location: 'here'\n}\n",
    ),
    "the name of a resource must be known when the deployment starts",
  ],
])("finds a module that is used %s", async (_, text, expected) => {
  const findings = await findingsIn(text, { "child.bicep": child });
  expect(findings.find((finding) => finding.includes(expected))).toBeDefined();
});

test("finds nothing in a module that is used well", async () => {
  const text = use("  params: { size: 1 }\n", described("output o string = m.outputs.id"));
  expect(await findingsIn(text, { "child.bicep": child })).toEqual([]);
});
