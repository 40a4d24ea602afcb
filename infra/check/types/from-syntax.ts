import type { Decorator, TypeExpression } from "../syntax/tree.ts";
import {
  anyType,
  boolType,
  intType,
  listType,
  objectType,
  textType,
  type PropertyType,
  type SchemaType,
} from "./schema-type.ts";

/** Looks up a type that has a name, of another file's where `of` names an import of all. */
export type FindType = (name: string, of: string | undefined) => SchemaType | undefined;

/** What a type in a Bicep file allows. */
export function toSchemaType(
  type: TypeExpression,
  find: FindType,
  decorators: readonly Decorator[] = [],
): SchemaType {
  const bare = withoutDecorators(type, find);
  const limits = limitsOf(decorators);
  if (Object.keys(limits).length === 0) return bare;
  return bare.kind === "string" || bare.kind === "int" || bare.kind === "list"
    ? { ...bare, ...limits }
    : bare;
}

function withoutDecorators(type: TypeExpression, find: FindType): SchemaType {
  switch (type.kind) {
    case "primitive":
      return primitive(type.name);
    case "literal":
      return literal(type.value);
    case "named":
      return { kind: "later", resolve: () => find(type.name, type.of) ?? anyType };
    case "array":
      return { kind: "list", item: toSchemaType(type.item, find) };
    case "nullable":
      return { kind: "oneOf", options: [toSchemaType(type.type, find), { kind: "null" }] };
    case "union":
      return unite(type.options.map((option) => toSchemaType(option, find)));
    case "object": {
      const properties = type.members.map((member): [string, PropertyType] => [
        member.name,
        {
          type: toSchemaType(member.type, find, member.decorators),
          required: member.type.kind !== "nullable",
          readOnly: false,
        },
      ]);
      const others = type.others ? anyType : undefined;
      return { kind: "object", name: "the type", properties: new Map(properties), others };
    }
    default:
      return anyType;
  }
}

function primitive(name: string): SchemaType {
  switch (name) {
    case "string":
    case "secureString":
      return textType;
    case "int":
      return intType;
    case "bool":
      return boolType;
    case "array":
      return listType;
    case "object":
    case "secureObject":
      return objectType;
    default:
      return anyType;
  }
}

function literal(value: string | number | boolean | null): SchemaType {
  if (typeof value === "string") return { kind: "string", allowed: [value] };
  if (typeof value === "number") return { kind: "int", minValue: value, maxValue: value };
  return value === null ? { kind: "null" } : boolType;
}

function unite(options: readonly SchemaType[]): SchemaType {
  const texts = options.flatMap((option) => (option.kind === "string" ? (option.allowed ?? []) : []));
  const allTexts = options.every((option) => option.kind === "string" && option.allowed);
  return allTexts ? { kind: "string", allowed: texts } : { kind: "oneOf", options };
}

/** `@minLength(3)`, `@allowed(['a', 'b'])` and the like. */
function limitsOf(decorators: readonly Decorator[]): Record<string, number | string[]> {
  const limits: Record<string, number | string[]> = {};
  for (const { name, args } of decorators) {
    const [argument] = args;
    if (/^m(in|ax)(Length|Value)$/.test(name) && argument?.kind === "literal")
      limits[name] = Number(argument.value);
    if (name === "allowed" && argument?.kind === "array")
      limits["allowed"] = argument.items.flatMap((item) =>
        item.kind === "text" && item.parts.length === 1 && typeof item.parts[0] === "string"
          ? [item.parts[0]]
          : [],
      );
  }
  return limits;
}
