import { BlockList, isIP } from "node:net";
import { FilterFault } from "./filter-fault.ts";
import { routingLimits as limits } from "./limits.ts";
import { nextAbove } from "./next-above.ts";
import { isObject } from "./plain-object.ts";
import { compileWildcard, type Wildcard } from "./wildcard.ts";

export type Scalar = string | number | boolean | null;

/** What one alternative of a field asks of a value. All but the last three are what the index of a table knows. */
export type ValueTest =
  | { kind: "exact"; value: Scalar }
  | { kind: "prefix"; prefix: string }
  | { kind: "suffix"; suffix: string }
  /** Texts that it describes begin with `first` and end with `last`. */
  | { kind: "wildcard"; first: string; last: string; test: (value: string) => boolean }
  /** Bounds included. */
  | { kind: "range"; from: number; to: number }
  | { kind: "test"; test: (value: Scalar) => boolean }
  | { kind: "present" }
  | { kind: "absent" };

/** Reads one alternative: a literal, or an object with one operator of Amazon EventBridge. Throws FilterFault. */
export function readValueTest(value: unknown, path: string): ValueTest {
  if (isScalar(value)) return { kind: "exact", value };
  if (!isObject(value)) {
    throw new FilterFault(path, "must be a literal or an object with one operator");
  }
  const [[operator, operand] = ["", undefined], ...others] = Object.entries(value);
  if (others.length > 0) throw new FilterFault(path, "must hold one operator, not several");
  const place = `${path}.${operator}`;
  switch (operator) {
    case "prefix":
      return typeof operand === "object"
        ? test(readText(operand, operator, place))
        : { kind: "prefix", prefix: text(operand, place) };
    case "suffix":
      return typeof operand === "object"
        ? test(readText(operand, operator, place))
        : { kind: "suffix", suffix: text(operand, place) };
    case "wildcard":
      return { kind: "wildcard", ...readWildcard(text(operand, place), place) };
    case "equals-ignore-case":
      return test(readText(operand, operator, place));
    case "numeric":
      return readNumeric(operand, place);
    case "exists":
      if (typeof operand !== "boolean") throw new FilterFault(place, "must be true or false");
      return { kind: operand ? "present" : "absent" };
    case "anything-but":
      return test(readAnythingBut(operand, place));
    case "cidr":
      return test(readCidr(text(operand, place), place));
    default:
      throw new FilterFault(path, `has no operator '${operator}': use ${operators.join(", ")}`);
  }
}

export const operators = [
  "prefix",
  "suffix",
  "equals-ignore-case",
  "wildcard",
  "numeric",
  "exists",
  "anything-but",
  "cidr",
];

/** Whether a value passes; `present` and `absent` are about the field, not about a value. */
export function passes(test: ValueTest, value: Scalar): boolean {
  switch (test.kind) {
    case "exact":
      return test.value === value;
    case "prefix":
      return typeof value === "string" && value.startsWith(test.prefix);
    case "suffix":
      return typeof value === "string" && value.endsWith(test.suffix);
    case "wildcard":
      return typeof value === "string" && test.test(value);
    case "range":
      return typeof value === "number" && value >= test.from && value <= test.to;
    case "present":
      return true;
    case "absent":
      return false;
    default:
      return test.test(value);
  }
}

export function isScalar(value: unknown): value is Scalar {
  return (
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  );
}

function test(test: (value: Scalar) => boolean): ValueTest {
  return { kind: "test", test };
}

/** prefix, suffix, wildcard and equals-ignore-case: of texts only. The first two take `{ "equals-ignore-case": text }`, too. */
function readText(operand: unknown, operator: string, path: string): (value: Scalar) => boolean {
  if (isObject(operand) && (operator === "prefix" || operator === "suffix")) {
    const inner = text(operand["equals-ignore-case"], `${path}.equals-ignore-case`).toLowerCase();
    return operator === "prefix"
      ? ofText((value) =>
          value
            .slice(0, inner.length + 8)
            .toLowerCase()
            .startsWith(inner),
        )
      : ofText((value) =>
          value
            .slice(-inner.length - 8)
            .toLowerCase()
            .endsWith(inner),
        );
  }
  const wanted = text(operand, path);
  switch (operator) {
    case "prefix":
      return ofText((value) => value.startsWith(wanted));
    case "suffix":
      return ofText((value) => value.endsWith(wanted));
    case "wildcard":
      return ofText(readWildcard(wanted, path).test);
    default: {
      const lower = wanted.toLowerCase();
      return ofText((value) => value.length === wanted.length && value.toLowerCase() === lower);
    }
  }
}

function ofText(test: (value: string) => boolean): (value: Scalar) => boolean {
  return (value) => typeof value === "string" && test(value);
}

function readNumeric(operand: unknown, path: string): ValueTest {
  const parts: readonly unknown[] = Array.isArray(operand) ? operand : [];
  if (parts.length !== 2 && parts.length !== 4)
    throw new FilterFault(path, 'must be like [">", 0] or [">", 0, "<=", 5]');
  const bounds = { from: -Infinity, to: Infinity, isFromIn: true, isToIn: true };
  for (let at = 0; at < parts.length; at += 2) {
    const [sign, number] = [parts[at], parts[at + 1]];
    if (typeof number !== "number" || !Number.isFinite(number))
      throw new FilterFault(path, "must compare with numbers");
    if (sign === "=" && parts.length === 2) {
      bounds.from = bounds.to = number;
    } else if ((sign === ">" || sign === ">=") && at === 0) {
      bounds.from = number;
      bounds.isFromIn = sign === ">=";
    } else if ((sign === "<" || sign === "<=") && (at === 2 || parts.length === 2)) {
      bounds.to = number;
      bounds.isToIn = sign === "<=";
    } else {
      throw new FilterFault(
        path,
        "must compare with =, with > or >=, with < or <=, or with a lower and then an upper bound",
      );
    }
  }
  const { from, to, isFromIn, isToIn } = bounds;
  if (from > to || (from === to && !(isFromIn && isToIn)))
    throw new FilterFault(path, "can never be: the lower bound is not below the upper");
  return { kind: "range", from: isFromIn ? from : nextAbove(from), to: isToIn ? to : -nextAbove(-to) };
}

function readWildcard(pattern: string, path: string): Wildcard {
  const wildcard = compileWildcard(pattern);
  if ("fault" in wildcard) throw new FilterFault(path, wildcard.fault);
  return wildcard;
}

/** Every value passes that the operand does not describe, whatever its type; the field must be there. */
function readAnythingBut(operand: unknown, path: string): (value: Scalar) => boolean {
  if (isObject(operand)) {
    const [[operator, inner] = ["", undefined], ...others] = Object.entries(operand);
    if (others.length > 0 || !["prefix", "suffix", "wildcard", "equals-ignore-case"].includes(operator)) {
      throw new FilterFault(path, "takes literals, or one of prefix, suffix, wildcard, equals-ignore-case");
    }
    const tests = listOf(inner, `${path}.${operator}`).map((one) =>
      readText(one, operator, `${path}.${operator}`),
    );
    return (value) => !tests.some((test) => test(value));
  }
  const values = listOf(operand, path);
  const isUniform =
    values.every((value) => typeof value === "string") || values.every((value) => typeof value === "number");
  if (!isUniform) throw new FilterFault(path, "must hold texts only or numbers only");
  const refused = new Set<unknown>(values);
  return (value) => !refused.has(value);
}

function listOf(operand: unknown, path: string): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (list.length === 0) throw new FilterFault(path, "must not be empty");
  return list;
}

function readCidr(net: string, path: string): (value: Scalar) => boolean {
  const [address = "", bits, ...more] = net.split("/");
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const isBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (family === 0 || more.length > 0 || !isBits)
    throw new FilterFault(path, "must be an IP address, or a net as 10.0.0.0/8");
  const list = new BlockList();
  list.addSubnet(address, bits === undefined ? most : Number(bits), family === 6 ? "ipv6" : "ipv4");
  return ofText((value) => isIP(value) === family && list.check(value, family === 6 ? "ipv6" : "ipv4"));
}

function text(value: unknown, path: string): string {
  if (typeof value !== "string") throw new FilterFault(path, "must be a text");
  if (value.length > limits.maxMatcherLength)
    throw new FilterFault(path, `must have at most ${limits.maxMatcherLength} characters`);
  return value;
}
