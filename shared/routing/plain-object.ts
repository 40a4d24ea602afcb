/** Whether a value that was read from JSON is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of such an object, undefined if it has none of that name. Names that every object inherits are looked up with care. */
export function fieldOf(value: unknown, key: string): unknown {
  if (!isObject(value)) return undefined;
  if (key in Object.prototype && !Object.hasOwn(value, key)) return undefined;
  return value[key];
}
