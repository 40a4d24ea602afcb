import type { Value } from "../evaluate/value.ts";
import type { Reporter } from "../finding.ts";
import { suggest } from "../nearest-name.ts";
import type { Position } from "../syntax/tree.ts";
import { mismatch } from "./mismatch.ts";
import { checkText } from "./check-text.ts";
import { describeType, resolved, type ObjectType, type SchemaType } from "./schema-type.ts";

/** Where a value stands, and how messages name it: `properties.sku.name`. */
export interface Place {
  readonly at: Position;
  readonly path: string;
  readonly findings: Reporter;
}

/** Reports everything in a value that its type does not allow. */
export function checkValue(value: Value, type: SchemaType, place: Place): void {
  const wanted = resolved(type);
  if (wanted.kind === "any") return;
  if (value.kind === "either") {
    for (const option of value.options) checkValue(option, wanted, place);
    return;
  }
  // Null is what Bicep gives for a property that is left out.
  if (value.kind === "null" || value.kind === "lambda") return;
  if (wanted.kind === "oneOf") return checkOneOf(value, wanted.options, place);
  switch (value.kind) {
    case "unknown": {
      const fault = mismatch(value.type, wanted);
      if (fault !== undefined) say(place, fault);
      return;
    }
    case "text":
      if (wanted.kind !== "string") return wrongKind(value, wanted, place);
      for (const fault of checkText(value, wanted)) say(place, fault);
      return;
    case "number":
      if (wanted.kind !== "int") return wrongKind(value, wanted, place);
      if (value.value < (wanted.minValue ?? -Infinity) || value.value > (wanted.maxValue ?? Infinity))
        say(place, `is ${value.value}; allowed: ${wanted.minValue ?? "any"} to ${wanted.maxValue ?? "any"}`);
      return;
    case "bool":
      if (wanted.kind !== "bool") wrongKind(value, wanted, place);
      return;
    case "list":
      return checkList(value, wanted, place);
    case "object":
      return checkObject(value, wanted, place);
  }
}

function say({ at, path, findings }: Place, fault: string): void {
  findings.report(at, `${path === "" ? "this" : path} ${fault}`);
}

const kindNames = {
  text: "a string",
  number: "a number",
  bool: "true or false",
  list: "a list",
  object: "an object",
};

function wrongKind(value: { kind: keyof typeof kindNames }, wanted: SchemaType, place: Place): void {
  say(place, `must be ${describeType(wanted)}, and is ${kindNames[value.kind]}`);
}

/** Fits one of the options; else what is wrong is said of the option of its kind. */
function checkOneOf(value: Value, options: readonly SchemaType[], place: Place): void {
  const fits = options.some((option) => {
    let faults = 0;
    checkValue(value, option, { ...place, findings: { report: () => (faults += 1) } });
    return faults === 0;
  });
  if (fits) return;
  const ofItsKind = options.find((option) => kindsOf[value.kind]?.includes(resolved(option).kind));
  if (ofItsKind) checkValue(value, ofItsKind, place);
  else say(place, `must be ${options.map(describeType).join(" or ")}`);
}

/** Which types a value of one kind can be of. */
const kindsOf: Readonly<Partial<Record<Value["kind"], readonly SchemaType["kind"][]>>> = {
  text: ["string"],
  number: ["int"],
  bool: ["bool"],
  list: ["list"],
  object: ["object", "discriminated"],
};

function checkList(value: Extract<Value, { kind: "list" }>, wanted: SchemaType, place: Place): void {
  if (wanted.kind !== "list") return wrongKind(value, wanted, place);
  for (const [index, item] of value.items.entries())
    checkValue(item, wanted.item, { ...place, path: `${place.path}[${index}]` });
  const { minLength = 0, maxLength = Infinity } = wanted;
  if (!value.open && (value.items.length < minLength || value.items.length > maxLength))
    say(place, `has ${value.items.length} elements; allowed: ${minLength} to ${maxLength}`);
}

type ObjectValue = Extract<Value, { kind: "object" }>;

function checkObject(value: ObjectValue, wanted: SchemaType, place: Place): void {
  if (wanted.kind === "object") return checkProperties(value, wanted, place);
  if (wanted.kind !== "discriminated") return wrongKind(value, wanted, place);
  const { discriminator, variants } = wanted;
  const chosen = value.entries.get(discriminator)?.value;
  if (chosen === undefined) {
    if (!value.open) say(place, `needs the property "${discriminator}": ${suggest("", variants.keys())}`);
    return;
  }
  if (chosen.kind !== "text" || !chosen.exact) return;
  const variant = variants.get(chosen.text);
  if (variant) return checkProperties(value, variant, place);
  const at = value.entries.get(discriminator)?.at ?? place.at;
  say(
    { ...place, at, path: join(place.path, discriminator) },
    `is '${chosen.text}': ${suggest(chosen.text, variants.keys())}`,
  );
}

function checkProperties(value: ObjectValue, wanted: ObjectType, place: Place): void {
  for (const [name, entry] of value.entries) {
    const property = wanted.properties.get(name);
    const inner = { ...place, at: entry.at.file === "" ? place.at : entry.at, path: join(place.path, name) };
    if (property?.readOnly) say(inner, "is read-only: Azure sets it, a template cannot");
    else if (property) checkValue(entry.value, property.type, inner);
    else if (wanted.others) checkValue(entry.value, wanted.others, inner);
    else {
      const allowed = [...wanted.properties].filter(([, { readOnly }]) => !readOnly).map(([key]) => key);
      say(inner, `is no property of ${wanted.name}: ${suggest(name, allowed)}`);
    }
  }
  if (value.open) return;
  for (const [name, { required, readOnly }] of wanted.properties)
    if (required && !readOnly && isAbsent(value, name))
      say(
        { ...place, at: value.at.file === "" ? place.at : value.at, path: join(place.path, name) },
        "is missing, and required",
      );
}

function isAbsent({ entries }: ObjectValue, name: string): boolean {
  const entry = entries.get(name);
  return entry === undefined || entry.value.kind === "null";
}

const join = (path: string, name: string) => (path === "" ? name : `${path}.${name}`);
