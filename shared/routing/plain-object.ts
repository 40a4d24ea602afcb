/** Whether a value that was read from JSON is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether every object has something of this name. */
export function isInherited(key: string): boolean {
  return key in Object.prototype;
}

/** A field of such an object, undefined if it has none of that name. Names that every object inherits are looked up with care. */
export function fieldOf(value: unknown, key: string): unknown {
  if (!isObject(value)) return undefined;
  if (isInherited(key) && !Object.hasOwn(value, key)) return undefined;
  return value[key];
}

/** Makes what `fieldOf` does for one key: whether the key is one of those names is found out once. */
export function readerOf(key: string): (value: unknown) => unknown {
  if (isInherited(key)) return (value) => fieldOf(value, key);
  return (value) => (isObject(value) ? value[key] : undefined);
}
