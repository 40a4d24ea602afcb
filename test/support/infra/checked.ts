import { checkInfra, type Outcome } from "../../../infra/check/check-infra.ts";
import { readInfraFiles, readResourceTypes } from "../../../infra/check/read-folder.ts";

const root = process.cwd();
let types: ReturnType<typeof readResourceTypes> | undefined;
const known: NonNullable<Parameters<typeof checkInfra>[0]["known"]> = new Map();
let unchanged: Promise<Outcome> | undefined;

/** Checks these files against the schemas of the repository. */
export async function checkFiles(given: Readonly<Record<string, string>>): Promise<Outcome> {
  types ??= readResourceTypes(root);
  return checkInfra({ files: new Map(Object.entries(given)), types: await types });
}

/** What is wrong in a Bicep file, with where it is: `3:5 …`. */
export async function findingsIn(
  bicep: string,
  others: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { findings } = await checkFiles({ "main.bicep": bicep, ...others });
  return findings.map(
    ({ at, message }) => `${at.file === "main.bicep" ? "" : `${at.file}:`}${at.line}:${at.column} ${message}`,
  );
}

/** A change to a file: in which, what, and by what. */
export type Change = readonly [path: string, what: string, by: string];

/** What the real templates come to with `main.bicepparam`, after these changes. Without any it is found out once. */
export function checkReal(changes: readonly Change[] = []): Promise<Outcome> {
  if (changes.length > 0) return checkWith("infra/main.bicepparam", changes);
  unchanged ??= checkWith("infra/main.bicepparam");
  return unchanged;
}

/** What the real templates come to with one parameters file. */
export async function checkWith(parameters: string, changes: readonly Change[] = []): Promise<Outcome> {
  const files = await readInfraFiles(root);
  for (const path of files.keys())
    if (path.endsWith(".bicepparam") && path !== parameters) files.delete(path);
  for (const [path, what, by] of changes) {
    const text = files.get(path) ?? "";
    if (!text.includes(what)) throw new Error(`${path} has no "${what}" to change`);
    files.set(
      path,
      text.replace(what, () => by),
    );
  }
  types ??= readResourceTypes(root);
  return checkInfra({ files, types: await types, known });
}
