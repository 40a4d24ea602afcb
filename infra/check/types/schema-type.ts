/** A property of an object type. */
export interface PropertyType {
  readonly type: SchemaType;
  readonly required: boolean;
  readonly readOnly: boolean;
}

/** Properties, and of what type all others are (undefined: there may be none). */
export interface ObjectType {
  readonly kind: "object";
  /** How messages name it. */
  readonly name: string;
  readonly properties: ReadonlyMap<string, PropertyType>;
  readonly others: SchemaType | undefined;
}

/** What a value may be, be it by Microsoft's schema of a resource or by a type in a Bicep file. */
export type SchemaType =
  | { readonly kind: "any" }
  | { readonly kind: "null" }
  | { readonly kind: "bool" }
  | { readonly kind: "int"; readonly minValue?: number; readonly maxValue?: number }
  | {
      readonly kind: "string";
      /** The texts that are allowed; undefined: all. */
      readonly allowed?: readonly string[];
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly pattern?: string;
    }
  | {
      readonly kind: "list";
      readonly item: SchemaType;
      readonly minLength?: number;
      readonly maxLength?: number;
    }
  | ObjectType
  | {
      readonly kind: "discriminated";
      readonly name: string;
      readonly discriminator: string;
      readonly variants: ReadonlyMap<string, ObjectType>;
    }
  | { readonly kind: "oneOf"; readonly options: readonly SchemaType[] }
  /** Looked up when it is needed: types may hold themselves. */
  | { readonly kind: "later"; readonly resolve: () => SchemaType };

export const anyType: SchemaType = { kind: "any" };
export const textType: SchemaType = { kind: "string" };
export const intType: SchemaType = { kind: "int" };
export const boolType: SchemaType = { kind: "bool" };
export const listType: SchemaType = { kind: "list", item: anyType };
export const objectType: SchemaType = {
  kind: "object",
  name: "object",
  properties: new Map(),
  others: anyType,
};

/** The type itself, where it was to be looked up. */
export function resolved(type: SchemaType): Exclude<SchemaType, { kind: "later" }> {
  let current = type;
  while (current.kind === "later") current = current.resolve();
  return current;
}

/** How messages speak of a type. */
export function describeType(type: SchemaType): string {
  const it = resolved(type);
  switch (it.kind) {
    case "string":
      return it.allowed ? it.allowed.map((text) => `'${text}'`).join(" or ") : "a string";
    case "int":
      return "a whole number";
    case "bool":
      return "true or false";
    case "list":
      return "a list";
    case "object":
    case "discriminated":
      return "an object";
    case "null":
      return "null";
    case "oneOf":
      return it.options.map(describeType).join(" or ");
    default:
      return "anything";
  }
}

/** The type of a member; undefined if it cannot have one of that name. */
export function memberType(type: SchemaType, name: string): SchemaType | undefined {
  const it = resolved(type);
  switch (it.kind) {
    case "any":
      return anyType;
    case "object":
      return it.properties.get(name)?.type ?? it.others;
    case "discriminated":
    case "oneOf": {
      const options = it.kind === "oneOf" ? it.options : [...it.variants.values()];
      const found = options.flatMap((option) => memberType(option, name) ?? []);
      return found.length > 1 ? { kind: "oneOf", options: found } : found[0];
    }
    default:
      return undefined;
  }
}

/** The names that a member may have. */
export function memberNames(type: SchemaType): string[] {
  const it = resolved(type);
  switch (it.kind) {
    case "object":
      return [...it.properties.keys()];
    case "discriminated":
      return [...it.variants.values()].flatMap(memberNames);
    case "oneOf":
      return it.options.flatMap(memberNames);
    default:
      return [];
  }
}

/** The type of the elements of a list, or of an object's values. */
export function elementType(type: SchemaType): SchemaType {
  const it = resolved(type);
  if (it.kind === "list") return it.item;
  if (it.kind === "oneOf") return { kind: "oneOf", options: it.options.map(elementType) };
  if (it.kind === "object" && it.properties.size === 0 && it.others) return it.others;
  return anyType;
}
