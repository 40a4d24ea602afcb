/**
 * Settings as the platform sees them: one flat table of texts, names without regard to case, sections divided by `:`.
 * `A__B` and `A:B` are the same name, because many shells allow no colon in the name of a variable.
 */
export interface Configuration {
  /** The text of a setting; undefined when it is not there. An empty text is there. */
  get(name: string): string | undefined;
  /** Whether there is a setting of this name or one inside a section of this name. */
  has(name: string): boolean;
  /** Every setting inside a section, under its name inside it. */
  section(name: string): Map<string, string>;
}

/** A setting's name in the one form by which settings are compared. */
export function settingKey(name: string): string {
  return name.replaceAll("__", ":").toLowerCase();
}

/** Lays settings over one another: a later layer wins. */
export function layer(...layers: readonly Iterable<readonly [string, string]>[]): Configuration {
  const table = new Map<string, string>();
  for (const entries of layers) {
    for (const [name, text] of entries) table.set(settingKey(name), text);
  }
  const section = (name: string): Map<string, string> => {
    const prefix = `${settingKey(name)}:`;
    const inside = [...table].filter(([key]) => key.startsWith(prefix));
    return new Map(inside.map(([key, text]) => [key.slice(prefix.length), text]));
  };
  return {
    get: (name) => table.get(settingKey(name)),
    has: (name) => table.has(settingKey(name)) || section(name).size > 0,
    section,
  };
}

/** The flat form of a JSON document: a line per scalar, list members under their index, nulls left out. */
export function* flatten(value: unknown, path = ""): Generator<readonly [string, string]> {
  if (value === null || value === undefined) return;
  if (typeof value === "object") {
    for (const [name, member] of Object.entries(value)) {
      yield* flatten(member, path === "" ? name : `${path}:${name}`);
    }
    return;
  }
  yield [path, typeof value === "string" ? value : JSON.stringify(value)];
}
