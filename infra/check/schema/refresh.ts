import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { snapshotSchema, type Snapshot } from "./notation.ts";
import { takeAnswer } from "./reduce.ts";

const run = promisify(execFile);

/** Microsoft's tool that knows the schemas; it needs neither an account nor the network once it is installed. */
const tool = "@azure/mcp@2.0.5";
const wantedFile = "infra/check/schema/wanted.json";
const snapshotFile = "infra/check/schema/microsoft.json";

/** Asks the tool for each wanted type, and writes the snapshot anew. */
async function refresh(): Promise<void> {
  const wanted = z.array(z.string()).parse(JSON.parse(await readFile(wantedFile, "utf8")));
  const snapshot: Snapshot = { source: `${tool}, bicepschema get`, resources: {}, types: {} };
  for (const type of wanted) {
    takeAnswer(snapshot, type, await ask(type));
    process.stdout.write(`${type}@${snapshot.resources[type]?.apiVersions.join()}\n`);
  }
  keepWhatIsUsed(snapshot);
  await writeFile(snapshotFile, `${JSON.stringify(snapshotSchema.parse(snapshot), undefined, 1)}\n`);
}

async function ask(type: string): Promise<unknown> {
  const args = [
    "exec",
    "--yes",
    `--package=${tool}`,
    "--",
    "azmcp",
    "bicepschema",
    "get",
    "--resource-type",
    type,
  ];
  const asking = run("npm", args, {
    env: { ...process.env, AZURE_MCP_COLLECT_TELEMETRY: "false" },
    maxBuffer: 16 * 1024 * 1024,
  });
  // Some of its versions read from a terminal until it ends.
  asking.child.stdin?.end();
  const { stdout } = await asking;
  const answer: unknown = JSON.parse(stdout.slice(stdout.indexOf("{\n")));
  return answer;
}

/** Leaves out types that no resource leads to: of functions, and of what they answer. */
function keepWhatIsUsed(snapshot: Snapshot): void {
  for (const [provider, types] of Object.entries(snapshot.types)) {
    const used = new Set<string>();
    const visit = (notation: object): void => {
      for (const [name] of JSON.stringify(notation).matchAll(/[A-Za-z_]\w+/g)) {
        const type = types[name];
        if (type && !used.has(name)) {
          used.add(name);
          visit(type);
        }
      }
    };
    for (const [type, { body }] of Object.entries(snapshot.resources))
      if (type.startsWith(`${provider}/`)) visit(body);
    const kept = Object.entries(types).filter(([name]) => used.has(name));
    snapshot.types[provider] = Object.fromEntries(kept.sort(([a], [b]) => a.localeCompare(b)));
  }
}

await refresh();
