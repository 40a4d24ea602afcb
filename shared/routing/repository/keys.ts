/** The partitions of the table `Routing`. A table is never in one with another's rows, whatever its name is. */
export const partitions = {
  ofTable: (name: string) => `table:${name}`,
  eventsOf: (name: string) => `events:${name}`,
  /** The names of all tables, so that they can be listed. */
  names: "names",
  desired: "desired",
} as const;

const versionDigits = 10;

/** Versions are numbers from 1; their keys sort as they count. */
export const versionKey = (version: number): string => `v${String(version).padStart(versionDigits, "0")}`;

export const chunkKey = (hash: string): string => `c${hash}`;
