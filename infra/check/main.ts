import { parseArgs } from "node:util";
import { checkInfra } from "./check-infra.ts";
import { askCli } from "./cli/check-with-cli.ts";
import { formatFinding } from "./finding.ts";
import { readInfraFiles, readResourceTypes } from "./read-folder.ts";

const { values } = parseArgs({ options: { cli: { type: "boolean", default: false } } });
process.exitCode = (await run(process.cwd(), values.cli)) ? 0 : 1;

/** Checks everything under infra/ and says what is wrong; true if nothing is. */
async function run(root: string, needsCli: boolean): Promise<boolean> {
  const [files, types] = await Promise.all([readInfraFiles(root), readResourceTypes(root)]);
  const { findings, deployments } = await checkInfra({ files, types });
  const lines = findings.map(formatFinding);
  const asked = await askCli(root, files, { needed: needsCli, env: process.env });
  lines.push(...asked.faults);
  for (const line of [...lines, ...asked.notes]) process.stdout.write(`${line}\n`);
  const bicep = [...files.keys()].filter((path) => path.endsWith(".bicep"));
  const resources = deployments.reduce((sum, deployment) => sum + deployment.resources.length, 0);
  process.stdout.write(
    `${lines.length} findings in ${bicep.length} Bicep files, which with ${deployments.length} parameter files deploy ${resources} resources; ` +
      `${asked.name === undefined ? "without the Bicep CLI, which is not on PATH" : `with ${asked.name}`}\n`,
  );
  return lines.length === 0;
}
