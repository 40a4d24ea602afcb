/** Whether a route value fulfils a constraint. */
export type Constraint = (value: string) => boolean;

/** Thrown for a template that the real host would refuse too; the function is then in error. */
export class RouteTemplateError extends Error {
  override readonly name = "RouteTemplateError";
}

const intRange = [-(2 ** 31), 2 ** 31 - 1] as const;
const longRange = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const guidPattern =
  /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|\([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\))$/i;

const isWhole = (value: string): boolean => /^[+-]?\d+$/.test(value);
const isLong = (value: string): boolean =>
  isWhole(value) && BigInt(value) >= longRange[0] && BigInt(value) <= longRange[1];
const isNumber = (value: string): boolean => /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value);

/** The inline constraints that take no argument. */
const plain: Readonly<Record<string, Constraint>> = {
  int: (value) => isWhole(value) && Number(value) >= intRange[0] && Number(value) <= intRange[1],
  long: isLong,
  bool: (value) => /^(true|false)$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  decimal: (value) => /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(value.replaceAll(",", "")),
  double: isNumber,
  float: isNumber,
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  guid: (value) => guidPattern.test(value),
  required: (value) => value !== "",
  file: (value) => /\.[^./]+$/.test(value),
  nonfile: (value) => !/\.[^./]+$/.test(value),
};

/** Reads an inline constraint, `int` or `range(1,9)` for example. */
export function parseConstraint(text: string): Constraint {
  const call = /^([a-z]+)\((.*)\)$/is.exec(text);
  const name = (call?.[1] ?? text).toLowerCase();
  const argument = call?.[2];
  if (argument === undefined) {
    const constraint = Object.hasOwn(plain, name) ? plain[name] : undefined;
    if (constraint === undefined) throw new RouteTemplateError(`the constraint '${text}' is not known`);
    return constraint;
  }
  if (name === "regex") return regexConstraint(argument);
  return numericConstraint(name, argument, text);
}

function regexConstraint(pattern: string): Constraint {
  try {
    const expression = new RegExp(pattern, "i");
    return (value) => expression.test(value);
  } catch (error) {
    throw new RouteTemplateError(`the pattern '${pattern}' is not a regular expression`, { cause: error });
  }
}

function numericConstraint(name: string, argument: string, text: string): Constraint {
  const values = argument.split(",").map((part) => part.trim());
  const [first, second] = values;
  if (first === undefined || values.some((value) => !isLong(value)) || values.length > 2) {
    throw new RouteTemplateError(`the constraint '${text}' needs whole numbers`);
  }
  const [a, b] = [BigInt(first), second === undefined ? undefined : BigInt(second)];
  const isWithin = (value: bigint, least: bigint, most: bigint): boolean => value >= least && value <= most;
  const length = (value: string): bigint => BigInt(value.length);
  if (b !== undefined) {
    if (name === "range") return (value) => isLong(value) && isWithin(BigInt(value), a, b);
    if (name === "length") return (value) => isWithin(length(value), a, b);
  } else {
    if (name === "min") return (value) => isLong(value) && BigInt(value) >= a;
    if (name === "max") return (value) => isLong(value) && BigInt(value) <= a;
    if (name === "minlength") return (value) => length(value) >= a;
    if (name === "maxlength") return (value) => length(value) <= a;
    if (name === "length") return (value) => length(value) === a;
  }
  throw new RouteTemplateError(`the constraint '${text}' is not known`);
}
