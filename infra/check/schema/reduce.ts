import { z } from "zod";
import type { ObjectNotation, PropertyNotation, Snapshot } from "./notation.ts";

const given = z.object({
  name: z.string(),
  type: z.string(),
  flags: z.string().optional(),
  modifiers: z.string().optional(),
});

const plainObject = z.object({
  $type: z.literal("Object"),
  name: z.string(),
  properties: z.array(given),
  additionalPropertiesType: z.string().nullish(),
});

const objectType = z.discriminatedUnion("$type", [
  plainObject,
  z.object({
    $type: z.literal("DiscriminatedObject"),
    name: z.string(),
    discriminator: z.string(),
    baseProperties: z.array(given),
    elements: z.array(plainObject),
  }),
]);

const resource = z.object({
  $type: z.literal("Resource"),
  name: z.string(),
  bodyType: objectType,
  writableScopes: z.string(),
});

const result = z.union([resource, objectType, z.object({ $type: z.literal("ResourceInstanceFunction") })]);

const answerSchema = z.object({ results: z.object({ BicepSchemaResult: z.array(result) }) });

type Given = z.infer<typeof given>;
type GivenObject = z.infer<typeof objectType>;

/** Takes what one answer of the schema tool says of one resource type into the snapshot, without descriptions. */
export function takeAnswer(snapshot: Snapshot, type: string, answer: unknown): void {
  const results = answerSchema.parse(answer).results.BicepSchemaResult;
  const objects = results.filter((one) => one.$type === "Object" || one.$type === "DiscriminatedObject");
  const names = new Set(objects.map(({ name }) => name));
  const found = results
    .filter((one) => one.$type === "Resource")
    .find(({ name }) => name.toLowerCase().startsWith(`${type.toLowerCase()}@`));
  if (!found) throw new Error(`The schema tool gave no resource of the type ${type}`);
  const [, apiVersion = ""] = found.name.split("@");
  snapshot.resources[type] = {
    apiVersions: [apiVersion],
    scopes: found.writableScopes.split(", "),
    body: reduceObject(found.bodyType, names),
  };
  const provider = type.split("/")[0] ?? type;
  const types = (snapshot.types[provider] ??= {});
  for (const object of objects) {
    const reduced = reduceObject(object, names);
    const known = types[object.name];
    if (known && JSON.stringify(known) !== JSON.stringify(reduced))
      throw new Error(`${provider} has two different types with the name ${object.name}`);
    types[object.name] = reduced;
  }
}

function reduceObject(object: GivenObject, names: ReadonlySet<string>): ObjectNotation {
  if (object.$type === "Object")
    return {
      properties: reduceProperties(object.properties, names),
      ...(object.additionalPropertiesType
        ? { others: reduceType(object.additionalPropertiesType, names) }
        : {}),
    };
  const { discriminator } = object;
  return {
    properties: reduceProperties(object.baseProperties, names),
    discriminator,
    variants: object.elements.map((element) => ({
      properties: reduceProperties(element.properties, names, discriminator),
    })),
  };
}

function reduceProperties(properties: readonly Given[], names: ReadonlySet<string>, discriminator?: string) {
  const entries = properties.map((property): [string, PropertyNotation] => {
    const flags = property.flags ?? "";
    const readOnly = flags.includes("ReadOnly") ? "-" : "";
    const required = flags.includes("Required") && readOnly === "" ? "!" : "";
    const type = property.name === discriminator ? `'${property.type}'` : reduceType(property.type, names);
    const limits = readLimits(property.modifiers ?? "");
    const key = `${readOnly}${property.name}${required}`;
    return [key, Object.keys(limits).length === 0 ? type : { type, ...limits }];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
}

const primitives = new Set(["string", "int", "bool", "any", "object", "null"]);

/** The tool writes allowed texts without quotes, and some have the name of a type: among several they are texts. */
function reduceType(text: string, names: ReadonlySet<string>): string {
  const tokens = text.split(" | ");
  const quoted = tokens.map((token) => {
    const bare = token.replace(/(\[\])+$/, "");
    const suffix = token.slice(bare.length);
    if (primitives.has(bare) || (tokens.length === 1 && names.has(bare))) return token;
    return `'${bare}'${suffix}`;
  });
  return quoted.join(" | ");
}

/** `minLength: 3, maxLength: 24, pattern: ^[a-z]+$`; the pattern is last, and may have commas in it. */
function readLimits(modifiers: string): Record<string, number | string> {
  const [numbers = "", pattern] = modifiers.split(/(?:^|, )pattern: /);
  const limits: Record<string, number | string> = {};
  for (const [, name = "", value] of numbers.matchAll(/(m(?:in|ax)(?:Length|Value)): (-?\d+)/g))
    limits[name] = Number(value);
  return pattern === undefined ? limits : { ...limits, pattern };
}
