import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BicepCli, CliRun } from "../../../infra/check/cli/bicep-cli.ts";
import { askCli, checkWithCli } from "../../../infra/check/cli/check-with-cli.ts";

/** Stands for a compiler: writes down how it was called, and finds nothing wrong. */
const fake = `#!/bin/sh
here="\${0%/*}"
echo "\${0##*/} $*" >> "$here/calls"
name=$1
[ "$name" = bicep ] && name=$2
[ -f "$here/$name.out" ] && cat "$here/$name.out"
exit 0
`;

const bicep = "param p string\n";
const files = new Map([["infra/main.bicep", bicep]]);
let root: string;
let bin: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "interrole-bicep-"));
  bin = join(root, "bin");
  await mkdir(bin);
  await mkdir(join(root, "infra"));
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** Puts a program on PATH that finds nothing wrong. */
async function install(program: "bicep" | "az"): Promise<void> {
  await writeFile(join(bin, program), fake);
  await chmod(join(bin, program), 0o755);
  const all = {
    "--version.out": "Bicep CLI version 0.99.1",
    "version.out": "Bicep CLI version 0.98.0",
    "format.out": bicep,
  };
  for (const [name, text] of Object.entries(all)) await writeFile(join(bin, name), text);
}

const ask = (needed = false) => askCli(root, files, { needed, env: { PATH: `${bin}:/usr/bin:/bin` } });
const calls = async () =>
  (await readFile(join(bin, "calls"), "utf8")).replaceAll(`${root}/`, "").trimEnd().split("\n");

test("without the compiler nothing is said, unless it is asked for", async () => {
  const [free, needed] = [
    await askCli(root, files, { needed: false, env: { PATH: bin } }),
    await askCli(root, files, { needed: true, env: { PATH: bin } }),
  ];
  expect(free).toEqual({ name: undefined, faults: [], notes: [] });
  expect(needed.faults).toEqual([expect.stringContaining("--cli: neither bicep nor az bicep is on PATH")]);
});

test("builds, lints and formats each file, and takes a snapshot where none is kept", async () => {
  await install("bicep");
  expect(await ask()).toEqual({
    name: "Bicep CLI version 0.99.1",
    faults: [],
    notes: [expect.stringContaining("infra/main.snapshot.json was not there and has been made")],
  });
  expect(await calls()).toEqual([
    "bicep --version",
    "bicep build infra/main.bicep --stdout --no-restore",
    "bicep lint infra/main.bicep --no-restore",
    "bicep format infra/main.bicep --stdout",
    "bicep snapshot infra/main.bicepparam --mode overwrite --subscription-id 00000000-0000-0000-0000-000000000000 --resource-group interrole --location westeurope",
  ]);
});

test("takes the compiler of the Azure CLI where there is no other", async () => {
  await install("az");
  expect(await ask(true)).toMatchObject({ name: "Bicep CLI version 0.98.0", faults: [] });
  expect(await calls()).toContain("az bicep build --file infra/main.bicep --stdout --no-restore");
});

/** A compiler that answers each command like this, and otherwise finds nothing wrong. */
function answering(answers: Readonly<Record<string, Partial<CliRun>>>): BicepCli {
  const fine = (command: string) => ({ code: 0, stdout: command === "format" ? bicep : "", stderr: "" });
  return { name: "a compiler", run: async (command) => ({ ...fine(command), ...answers[command] }) };
}

test.each([
  [
    "a warning of build, which ends with 0",
    { build: { stderr: "/r/infra/main.bicep(1,7) : Warning BCP037: no" } },
    "infra/main.bicep(1,7) : Warning BCP037: no",
  ],
  [
    "a warning of lint, which goes to standard output",
    { lint: { stdout: "/r/infra/main.bicep(1,7) : Warning no-unused-params: unused" } },
    "infra/main.bicep(1,7) : Warning no-unused-params: unused",
  ],
  [
    "an error of build",
    { build: { stderr: "/r/infra/main.bicep(1,7) : Error BCP057: no", code: 1 } },
    "infra/main.bicep(1,7) : Error BCP057: no",
  ],
  ["a failure without a word", { build: { code: 3 } }, "infra/main.bicep: bicep build failed with code 3: "],
  [
    "a file that is not formatted",
    { format: { stdout: "param  p string\n" } },
    "infra/main.bicep: not formatted: run bicep format infra/main.bicep",
  ],
  [
    "a formatter that fails",
    { format: { code: 1, stderr: "no" } },
    "infra/main.bicep: bicep format failed with code 1: no",
  ],
])("says %s", async (_, answers, expected) => {
  expect(await checkWithCli(answering(answers), "/r", files)).toEqual([expected]);
});

test("compares the snapshot that is kept", async () => {
  await writeFile(join(root, "infra", "main.snapshot.json"), "{}");
  const cli = answering({ snapshot: { code: 1, stdout: "Microsoft.Web/sites changed" } });
  expect(await checkWithCli(cli, root, files)).toEqual([
    expect.stringMatching(/bicep snapshot --mode validate failed.*sites changed/),
  ]);
});

test("looks at each parameters file too", async () => {
  const cli = answering({
    "build-params": { stderr: "/r/infra/main.bicepparam(1,7) : Error BCP258: missing" },
    format: { stdout: "using 'main.bicep'\n" },
  });
  const faults = await checkWithCli(cli, "/r", new Map([["infra/main.bicepparam", "using 'main.bicep'\n"]]));
  expect(faults).toEqual(["infra/main.bicepparam(1,7) : Error BCP258: missing"]);
});
