import { expect, test } from "vitest";
import { findingsIn } from "../../support/infra/checked.ts";

const described = (statement: string) => `@description('d')\n${statement}\n`;
const identity = (rest: string) =>
  `resource r 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {\n${rest}}\n`;

test.each([
  [
    "a key with needless quotes",
    described("output o object = { 'a': 1 }"),
    "2:21 prefer-unquoted-property-names: a needs no quotes",
  ],
  [
    "a key that is there twice",
    described("output o object = {\n  a: 1\n  a: 2\n}"),
    '4:3 "a" is there twice',
  ],
  [
    "a text that is one expression",
    described("param p string") + described("output o string = '${p}'"),
    "4:19 simplify-interpolation",
  ],
  [
    "texts that are put together",
    described("output o string = concat('a', 'b')"),
    "2:19 prefer-interpolation",
  ],
  ["any()", described("output o object = any(1)"), "2:19 no-explicit-any"],
  ["json('null')", described("output o object? = json('null')"), "2:20 simplify-json-null"],
  [
    "a location that is always the same",
    identity("  name: 'n'\n  location: 'westeurope'\n"),
    "3:3 no-hardcoded-location: the location is always 'westeurope'",
  ],
  [
    "a location that is no parameter",
    identity("  name: 'n'\n  location: resourceGroup().location\n"),
    "3:13 no-loc-expr-outside-params",
  ],
  [
    "a name that is new each time",
    described("param location string") + identity("  name: newGuid()\n  location: location\n"),
    "4:9 newGuid() is allowed in the default of a parameter alone",
  ],
  [
    "a secret with a default",
    "@description('d')\n@secure()\nparam p string = 'x'\n" + described("output o int = length(p)"),
    '3:1 secure-parameter-default: the secret "p"',
  ],
  [
    "a module with a name",
    "module m 'm.bicep' = {\n  name: 'm'\n}\n",
    '2:3 no-module-name: the module "m" needs no name',
  ],
  [
    "too many outputs",
    Array.from({ length: 65 }, (_, index) => described(`output o${index} int = 1`)).join(""),
    "1:1 max-outputs: there are 65, and at most 64 are allowed",
  ],
])("finds %s", async (_, text, expected) => {
  const findings = await findingsIn(text, { "m.bicep": "" });
  expect(findings.find((finding) => finding.startsWith(expected))).toBeDefined();
});

test("a key that is an expression may be written as a string, and a name that is none must be", async () => {
  const text = described("param p string") + described("output o object = {\n  '${p}': 1\n  'a.b': 2\n}");
  expect(await findingsIn(text)).toEqual([]);
});
