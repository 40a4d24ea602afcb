import type { Position } from "../syntax/tree.ts";
import { elementType, memberNames, memberType } from "../types/schema-type.ts";
import { suggest } from "../nearest-name.ts";
import type { Scope } from "./scope.ts";
import { eitherOf, forEachOption, nullValue, unknownValue, type Value } from "./value.ts";

interface Place {
  readonly at: Position;
  /** With `.?` or `[?]`: what is absent gives null. */
  readonly safe: boolean;
  readonly scope: Scope;
}

/** `value.name`; says so where the value cannot have such a member. */
export function memberOf(value: Value, name: string, place: Place): Value {
  return forEachOption([value], ([of]) => (of ? memberOfOne(of, name, place) : nullValue));
}

function memberOfOne(of: Value, name: string, place: Place): Value {
  const { at, safe, scope } = place;
  switch (of.kind) {
    case "object": {
      const entry = of.entries.get(name);
      if (entry) return safe && !entry.sure ? eitherOf([entry.value, nullValue]) : entry.value;
      if (of.open) return unknownValue(name);
      if (!safe) report(place, name, of.entries.keys());
      return safe ? nullValue : unknownValue(name);
    }
    case "unknown": {
      const known = of.members?.(name);
      if (known) return known;
      const type = memberType(of.type, name);
      // `.?` is for what may be absent, not for what there never is.
      if (type === undefined) report(place, name, memberNames(of.type));
      return unknownValue(`${of.about}.${name}`, type);
    }
    case "null":
      // One side of a choice whose other side is meant.
      return nullValue;
    case "either":
      return memberOf(of, name, place);
    default:
      if (!safe) scope.world.findings.report(at, `.${name} is read of something that has no members`);
      return unknownValue(name);
  }
}

function report({ at, scope }: Place, name: string, allowed: Iterable<string>): void {
  scope.world.findings.report(at, `there is no "${name}" here: ${suggest(name, allowed)}`);
}

/** `value[index]`. */
export function elementOf(value: Value, index: Value, place: Place): Value {
  return forEachOption([value, index], ([of, by]) => (of && by ? elementOfOne(of, by, place) : nullValue));
}

function elementOfOne(of: Value, by: Value, place: Place): Value {
  if (by.kind === "text" && by.exact) return memberOf(of, by.text, place);
  if (of.kind === "list") {
    if (by.kind === "number") {
      const item = of.items.at(by.value);
      if (item) return item;
      if (!of.open && !place.safe)
        place.scope.world.findings.report(
          place.at,
          `the list has ${of.items.length} elements, so none has the index ${by.value}`,
        );
      return place.safe ? nullValue : unknownValue("an element");
    }
    return of.items.length > 0 ? eitherOf(of.items) : unknownValue("an element");
  }
  if (of.kind === "object" && of.entries.size > 0)
    return eitherOf([...of.entries.values()].map((entry) => entry.value));
  if (of.kind === "unknown") return unknownValue(`${of.about}[…]`, elementType(of.type));
  return unknownValue("an element");
}
