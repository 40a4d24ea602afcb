import { existsSync } from "node:fs";
import { join } from "node:path";
import { findBicepCli, type BicepCli, type CliRun } from "./bicep-cli.ts";

/** The snapshot of what main.bicep deploys, which the compiler makes and compares. */
const snapshotFile = "infra/main.snapshot.json";
const snapshotParameters = "infra/main.bicepparam";
/** Where the snapshot is deployed on paper: ids in it must not depend on who looks. */
const snapshotContext = [
  ["--subscription-id", "00000000-0000-0000-0000-000000000000"],
  ["--resource-group", "interrole"],
  ["--location", "westeurope"],
].flat();

/** What came of looking for the compiler and asking it. */
export interface CliOutcome {
  /** How the compiler calls itself; undefined where there is none. */
  readonly name: string | undefined;
  readonly faults: readonly string[];
  /** What else who runs it should know. */
  readonly notes: readonly string[];
}

/** Asks the compiler if it is on PATH. Where it must be and is not, that is a fault: nothing is skipped in silence. */
export async function askCli(
  root: string,
  files: ReadonlyMap<string, string>,
  { needed, env }: { needed: boolean; env: NodeJS.ProcessEnv },
): Promise<CliOutcome> {
  const cli = await findBicepCli(env);
  const kept = existsSync(join(root, snapshotFile));
  if (cli) {
    const faults = await checkWithCli(cli, root, files);
    const made = `${snapshotFile} was not there and has been made: look at it, and commit it`;
    return { name: cli.name, faults, notes: kept || faults.length > 0 ? [] : [made] };
  }
  const absent =
    "--cli: neither bicep nor az bicep is on PATH; https://aka.ms/bicep-install says how to get it";
  return { name: undefined, faults: needed ? [absent] : [], notes: [] };
}

/** Has the compiler build, lint and format every file, and compare the snapshot. Gives what it found wrong, a line each. */
export async function checkWithCli(
  cli: BicepCli,
  root: string,
  files: ReadonlyMap<string, string>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const [path, text] of files) {
    const file = join(root, path);
    if (path.endsWith(".bicepparam")) {
      faults.push(
        ...diagnosticsOf(
          path,
          "build-params",
          await cli.run("build-params", file, "--stdout", "--no-restore"),
        ),
      );
    } else if (path.endsWith(".bicep")) {
      faults.push(...diagnosticsOf(path, "build", await cli.run("build", file, "--stdout", "--no-restore")));
      faults.push(...diagnosticsOf(path, "lint", await cli.run("lint", file, "--no-restore")));
    } else continue;
    faults.push(...formatOf(path, text, await cli.run("format", file, "--stdout")));
  }
  faults.push(...(await compareSnapshot(cli, root)));
  // A module's diagnostics come with each file that uses it.
  return [...new Set(faults.map((fault) => fault.replace(`${root}/`, "")))];
}

/** `…/main.bicep(3,7) : Warning no-unused-params: …`: warnings count as errors, and end with code 0. */
const diagnostic = /^.*\(\d+,\d+\) : (?:Warning|Error) .*$/gm;

function diagnosticsOf(path: string, command: string, { code, stdout, stderr }: CliRun): string[] {
  // What build writes to its standard output is the template.
  const said = command === "lint" ? `${stdout}\n${stderr}` : stderr;
  const found = said.match(diagnostic) ?? [];
  if (found.length > 0) return [...found];
  return code === 0 ? [] : [`${path}: bicep ${command} failed with code ${code}: ${said.trim()}`];
}

function formatOf(path: string, text: string, { code, stdout, stderr }: CliRun): string[] {
  if (code !== 0) return [`${path}: bicep format failed with code ${code}: ${stderr.trim()}`];
  return unify(stdout) === unify(text) ? [] : [`${path}: not formatted: run bicep format ${path}`];
}

/** Without carriage returns, and with one end of line at the end. */
const unify = (text: string) => `${text.replaceAll("\r\n", "\n").trimEnd()}\n`;

async function compareSnapshot(cli: BicepCli, root: string): Promise<string[]> {
  const kept = existsSync(join(root, snapshotFile));
  const mode = kept ? "validate" : "overwrite";
  const { code, stdout, stderr } = await cli.run(
    "snapshot",
    join(root, snapshotParameters),
    "--mode",
    mode,
    ...snapshotContext,
  );
  if (code !== 0)
    return [
      `${snapshotFile}: bicep snapshot --mode ${mode} failed (it needs Bicep 0.41.2 or later); if the change is meant, delete the file and run this again: ${stdout.trim()} ${stderr.trim()}`,
    ];
  return [];
}
