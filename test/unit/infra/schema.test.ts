import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { readResourceTypes } from "../../../infra/check/read-folder.ts";
import { snapshotSchema, type Snapshot } from "../../../infra/check/schema/notation.ts";
import { takeAnswer } from "../../../infra/check/schema/reduce.ts";
import { readInfraFiles } from "../../../infra/check/read-folder.ts";

const object = (name: string, properties: object[], additionalPropertiesType?: string) => ({
  $type: "Object",
  name,
  properties,
  additionalPropertiesType,
});

const answer = (...others: object[]) => ({
  results: {
    BicepSchemaResult: [
      {
        $type: "Resource",
        name: "Contoso.Shop/carts@2030-01-01",
        writableScopes: "ResourceGroup, Subscription",
        bodyType: object("Contoso.Shop/carts", [
          {
            name: "name",
            type: "string",
            flags: "Required, DeployTimeConstant",
            modifiers: "minLength: 3, maxLength: 24, pattern: ^[a-z,]+$",
          },
          { name: "id", type: "string", flags: "ReadOnly, DeployTimeConstant" },
          { name: "properties", type: "Cart" },
        ]),
      },
      object("Cart", [
        { name: "kind", type: "Cart | Basket" },
        { name: "items", type: "Item[]" },
        { name: "labels", type: "Labels", flags: "Required" },
      ]),
      object("Item", []),
      object("Labels", [], "string"),
      { $type: "ResourceInstanceFunction", name: "listKeys" },
      ...others,
    ],
  },
});

const empty = (): Snapshot => ({ source: "test", resources: {}, types: {} });

test("an answer of the schema tool is reduced to names, types and limits", () => {
  const snapshot = empty();
  takeAnswer(snapshot, "Contoso.Shop/carts", answer());
  expect(snapshot).toEqual({
    source: "test",
    resources: {
      "Contoso.Shop/carts": {
        apiVersions: ["2030-01-01"],
        scopes: ["ResourceGroup", "Subscription"],
        body: {
          properties: {
            "-id": "string",
            "name!": { type: "string", minLength: 3, maxLength: 24, pattern: "^[a-z,]+$" },
            properties: "Cart",
          },
        },
      },
    },
    types: {
      "Contoso.Shop": {
        // One of several texts, though one of them has the name of a type.
        Cart: { properties: { items: "Item[]", kind: "'Cart' | 'Basket'", "labels!": "Labels" } },
        Item: { properties: {} },
        Labels: { properties: {}, others: "string" },
      },
    },
  });
  expect(snapshotSchema.parse(snapshot)).toEqual(snapshot);
});

test("two types of one name are told, instead of one being lost", () => {
  const snapshot = empty();
  expect(() =>
    takeAnswer(snapshot, "Contoso.Shop/carts", answer(object("Item", [{ name: "x", type: "int" }]))),
  ).toThrow(/two different types with the name Item/);
  expect(() => takeAnswer(snapshot, "Contoso.Shop/wagons", answer())).toThrow(
    /no resource of the type Contoso.Shop\/wagons/,
  );
});

test("the snapshot has every type that is wanted, and one for every type that the templates use", async () => {
  const types = await readResourceTypes(process.cwd());
  const wanted = z
    .array(z.string())
    .parse(JSON.parse(await readFile("infra/check/schema/wanted.json", "utf8")));
  const texts = [...(await readInfraFiles(process.cwd()))]
    .filter(([path]) => path.endsWith(".bicep"))
    .map(([, text]) => text);
  const used = texts.flatMap((text) =>
    [...text.matchAll(/^resource \w+ '([\w./]+)@/gm)].map(([, type = ""]) => type),
  );
  expect(used.length).toBeGreaterThan(20);
  expect([...wanted, ...used].filter((type) => types.find(type) === undefined)).toEqual([]);
});
