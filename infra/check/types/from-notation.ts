import type { ObjectNotation, PropertyNotation, Snapshot } from "../schema/notation.ts";
import { anyType, textType, type ObjectType, type PropertyType, type SchemaType } from "./schema-type.ts";

/** One resource type, as the snapshot has it. */
export interface ResourceType {
  readonly type: string;
  readonly apiVersions: readonly string[];
  readonly scopes: readonly string[];
  readonly body: SchemaType;
}

/** The resource types of all snapshots given, by their name in lower case. */
export class ResourceTypes {
  readonly #byName = new Map<string, ResourceType>();

  constructor(snapshots: readonly Snapshot[]) {
    for (const snapshot of snapshots) {
      for (const [type, { apiVersions, scopes, body }] of Object.entries(snapshot.resources)) {
        const provider = snapshot.types[type.split("/")[0] ?? ""] ?? {};
        this.#byName.set(type.toLowerCase(), {
          type,
          apiVersions,
          scopes,
          body: toObject(type, body, provider),
        });
      }
    }
    for (const { amendments = {} } of snapshots)
      for (const [type, amendment] of Object.entries(amendments)) this.#amend(type, amendment);
  }

  #amend(type: string, { apiVersions, properties }: NonNullable<Snapshot["amendments"]>[string]): void {
    const known = this.find(type);
    if (known?.body.kind !== "object") throw new Error(`There is no ${type} that could be amended`);
    const amended = new Map([...known.body.properties, ...toProperties(properties, {})]);
    this.#byName.set(type.toLowerCase(), {
      ...known,
      apiVersions: [...known.apiVersions, ...apiVersions],
      body: { ...known.body, properties: amended },
    });
  }

  find(type: string): ResourceType | undefined {
    return this.#byName.get(type.toLowerCase());
  }

  names(): string[] {
    return [...this.#byName.values()].map(({ type }) => type);
  }
}

type Provider = Readonly<Record<string, ObjectNotation>>;

const made = new WeakMap<ObjectNotation, SchemaType>();

function toObject(name: string, notation: ObjectNotation, provider: Provider): SchemaType {
  const known = made.get(notation);
  if (known) return known;
  const { discriminator, variants, others } = notation;
  const own = toProperties(notation.properties, provider);
  const type: SchemaType =
    discriminator === undefined
      ? {
          kind: "object",
          name,
          properties: own,
          others: others === undefined ? undefined : toType(others, provider),
        }
      : {
          kind: "discriminated",
          name,
          discriminator,
          variants: new Map(
            (variants ?? []).map((variant) => toVariant(name, discriminator, own, variant, provider)),
          ),
        };
  made.set(notation, type);
  return type;
}

function toVariant(
  name: string,
  discriminator: string,
  base: ReadonlyMap<string, PropertyType>,
  variant: ObjectNotation,
  provider: Provider,
): [string, ObjectType] {
  const properties = new Map([...base, ...toProperties(variant.properties, provider)]);
  const own = properties.get(discriminator)?.type;
  const value = own?.kind === "string" ? own.allowed?.[0] : undefined;
  if (value === undefined)
    throw new Error(`A variant of ${name} in the snapshot has no value of ${discriminator}`);
  const others = variant.others === undefined ? undefined : toType(variant.others, provider);
  return [value, { kind: "object", name: `${name} (${value})`, properties, others }];
}

function toProperties(notation: ObjectNotation["properties"], provider: Provider): Map<string, PropertyType> {
  return new Map(
    Object.entries(notation).map(([key, property]) => [
      key.replace(/^-|!$/g, ""),
      {
        type: withLimits(property, provider),
        required: key.endsWith("!"),
        readOnly: key.startsWith("-"),
      },
    ]),
  );
}

function withLimits(notation: PropertyNotation, provider: Provider): SchemaType {
  if (typeof notation === "string") return toType(notation, provider);
  const { type, ...limits } = notation;
  const bare = toType(type, provider);
  return bare.kind === "string" || bare.kind === "int" || bare.kind === "list"
    ? Object.assign(bare, limits)
    : bare;
}

/** Reads the notation of a type; see schema/notation.ts. */
function toType(text: string, provider: Provider): SchemaType {
  const tokens = text.match(/'[^']*'(\[\])*|[^|\s]+/g) ?? [];
  const allowed = tokens.filter((token) => /^'[^']*'$/.test(token)).map((token) => token.slice(1, -1));
  if (allowed.length === tokens.length) return { kind: "string", allowed };
  if (tokens.length > 1) {
    const named = tokens.filter((token) => !token.startsWith("'"));
    // Others are allowed too, so that the texts are only the known ones.
    if (named.includes("string")) return { ...textType };
    return { kind: "oneOf", options: tokens.map((token) => toType(token, provider)) };
  }
  const [token = "any"] = tokens;
  if (token.endsWith("[]")) return { kind: "list", item: toType(token.slice(0, -2), provider) };
  return primitiveType(token) ?? { kind: "later", resolve: () => lookUp(token, provider) };
}

/** Decimal numbers are written as whole ones in the schemas, and `json('0.5')` gives one. */
function primitiveType(token: string): SchemaType | undefined {
  switch (token) {
    case "string":
      return { kind: "string" };
    case "int":
      return { kind: "int" };
    case "bool":
      return { kind: "bool" };
    case "null":
      return { kind: "null" };
    case "any":
    case "object":
      return anyType;
    default:
      return undefined;
  }
}

function lookUp(name: string, provider: Provider): SchemaType {
  const notation = provider[name];
  if (!notation)
    throw new Error(`The snapshot of the resource schemas names a type ${name} that it does not have`);
  return toObject(name, notation, provider);
}
