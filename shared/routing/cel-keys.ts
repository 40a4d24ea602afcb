import { parse } from "@bufbuild/cel";
import {
  exactKeys,
  keysOfAll,
  keysOfAny,
  type FilterKey,
  type KeyOptions,
  type Source,
} from "./filter-key.ts";
import type { Scalar } from "./value-test.ts";

type Expr = NonNullable<ReturnType<typeof parse>["expr"]>;

/** Where in a message an operand is. */
type Place = Pick<FilterKey, "source" | "path">;

/** The variables that an index is kept of. An address is compared otherwise there than as a text. */
const sourceOf = new Map<string, Source>([
  ["body", "json"],
  ["headers", "headers"],
  ["event", "event"],
  ["action", "action"],
  ["inbound", "inbound"],
]);

/** What every message has for which an expression comes to true; of the parts that are joined by && and || only what is compared with constants. */
export function keysOfCel(expr: Expr | undefined): KeyOptions {
  if (expr?.exprKind.case !== "callExpr") return keysOfFlag(expr);
  const { function: name, target, args } = expr.exprKind.value;
  const [left, right] = args;
  switch (name) {
    case "_&&_":
      return keysOfAll([keysOfCel(left), keysOfCel(right)]);
    // An error on one side does not matter where the other is true: so one of them must be.
    case "_||_":
      return keysOfAny([keysOfCel(left), keysOfCel(right)]);
    case "_==_":
      return keysOfValues(placeOf(left) ?? placeOf(right), [placeOf(left) ? right : left]);
    case "@in":
      return right?.exprKind.case === "listExpr"
        ? keysOfValues(placeOf(left), right.exprKind.value.elements)
        : [];
    case "_>_":
    case "_>=_":
      return [...keysOfRange(left, right), ...keysOfRange(right, left, true)];
    case "_<_":
    case "_<=_":
      return [...keysOfRange(left, right, true), ...keysOfRange(right, left)];
    case "startsWith":
    case "endsWith":
      return keysOfText(placeOf(target), constantOf(left), name === "startsWith" ? "prefix" : "suffix");
    default:
      return keysOfFlag(expr);
  }
}

/** A place that stands alone must hold true. */
function keysOfFlag(expr: Expr | undefined): KeyOptions {
  const place = placeOf(expr);
  return place ? exactKeys(place.source, place.path, [true]) : [];
}

function keysOfValues(place: Place | undefined, operands: readonly (Expr | undefined)[]): KeyOptions {
  const values = operands.map(constantOf);
  if (!place || values.length === 0 || !values.every((value) => value !== undefined)) return [];
  // A message without an action has the empty one, which no index knows.
  if (place.source === "action" && values.includes("")) return [];
  return exactKeys(place.source, place.path, values);
}

/** Bounds are taken as included, and numbers as they are in JSON: the expression itself looks more closely. */
function keysOfRange(of: Expr | undefined, bound: Expr | undefined, isUpper = false): KeyOptions {
  const [place, limit] = [placeOf(of), constantOf(bound)];
  if (!place || typeof limit !== "number") return [];
  return [[{ ...place, wants: isUpper ? { from: -Infinity, to: limit } : { from: limit, to: Infinity } }]];
}

function keysOfText(
  place: Place | undefined,
  text: Scalar | undefined,
  end: "prefix" | "suffix",
): KeyOptions {
  if (!place || typeof text !== "string" || text === "") return [];
  return [[{ ...place, wants: end === "prefix" ? { prefix: text } : { suffix: text } }]];
}

/** `body.a.b`, `headers['x']`, `action`: undefined for anything else. */
function placeOf(expr: Expr | undefined): Place | undefined {
  const kind = expr?.exprKind;
  switch (kind?.case) {
    case "identExpr": {
      const source = sourceOf.get(kind.value.name);
      return source && { source, path: [] };
    }
    case "selectExpr":
      // has(x.y) is a selection that tests only.
      return kind.value.testOnly ? undefined : below(placeOf(kind.value.operand), kind.value.field);
    case "callExpr": {
      const [of, key] = kind.value.args;
      const name = kind.value.function === "_[_]" ? constantOf(key) : undefined;
      return typeof name === "string" ? below(placeOf(of), name) : undefined;
    }
    default:
      return undefined;
  }
}

function below(place: Place | undefined, key: string): Place | undefined {
  return place && { source: place.source, path: [...place.path, key] };
}

function constantOf(expr: Expr | undefined): Scalar | undefined {
  const constant = expr?.exprKind.case === "constExpr" ? expr.exprKind.value.constantKind : undefined;
  switch (constant?.case) {
    case "stringValue":
    case "boolValue":
      return constant.value;
    case "doubleValue":
      return Number.isFinite(constant.value) ? constant.value : undefined;
    case "int64Value":
    case "uint64Value":
      return Number(constant.value);
    case "nullValue":
      return null;
    default:
      return undefined;
  }
}
