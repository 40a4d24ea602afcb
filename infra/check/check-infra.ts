import { posix } from "node:path";
import { FileScope } from "./evaluate/file-scope.ts";
import type { Deployed } from "./evaluate/deployed.ts";
import type { World } from "./evaluate/scope.ts";
import type { Value } from "./evaluate/value.ts";
import { Findings, type Finding } from "./finding.ts";
import { checkAppSettings } from "./rules/app-settings.ts";
import { checkDecorators } from "./rules/decorators.ts";
import { checkDeployment } from "./rules/deployment.ts";
import { checkHardening } from "./rules/hardening.ts";
import { checkAsLinter } from "./rules/linter.ts";
import { checkNames } from "./rules/names.ts";
import { checkResource } from "./rules/resources.ts";
import { checkSecrets } from "./rules/secrets.ts";
import { readParameters, readSource } from "./syntax/read-file.ts";
import type { SourceFile } from "./syntax/tree.ts";
import { checkValue } from "./types/check-value.ts";
import type { ResourceTypes } from "./types/from-notation.ts";
import { suggest } from "./nearest-name.ts";

/** What is looked at: the Bicep files, their parameters, and what they load, by path. */
export interface Folder {
  readonly files: ReadonlyMap<string, string>;
  readonly types: ResourceTypes;
  /** What was read of files with the same text before, by path and text; it saves reading them again. */
  readonly known?: Map<string, ReadFile>;
}

interface ReadFile {
  readonly source: SourceFile;
  readonly findings: readonly Finding[];
}

/** What one set of parameters deploys. */
export interface Deployment {
  /** The parameters file. */
  readonly path: string;
  readonly resources: readonly Deployed[];
}

export interface Outcome {
  readonly findings: readonly Finding[];
  readonly deployments: readonly Deployment[];
}

/**
 * Checks every Bicep file alone, for whatever parameters it is given; then deploys each parameters file on paper, modules and loops and all,
 * and checks what comes of it.
 */
export async function checkInfra({ files, types, known = new Map() }: Folder): Promise<Outcome> {
  const findings = new Findings();
  const sources = new Map<string, SourceFile>();
  for (const [path, text] of files)
    if (path.endsWith(".bicep")) sources.set(path, await readOnce(path, text, known, findings));
  const world = {
    findings,
    types,
    source: (path: string) => sources.get(path),
    text: (path: string) => files.get(path),
  };
  for (const source of sources.values()) checkAlone(source, { ...world, follow: false, deployed: [] });
  const deployments: Deployment[] = [];
  for (const [path, text] of files)
    if (path.endsWith(".bicepparam"))
      deployments.push(await deployOnPaper(path, text, { ...world, follow: true, deployed: [] }));
  return { findings: findings.list(), deployments };
}

async function readOnce(
  path: string,
  text: string,
  known: Map<string, ReadFile>,
  findings: Findings,
): Promise<SourceFile> {
  const key = `${path}\n${text}`;
  let read = known.get(key);
  if (!read) {
    const own = new Findings();
    read = { source: await readSource(path, text, own), findings: own.list() };
    known.set(key, read);
  }
  for (const { at, message } of read.findings) findings.report(at, message);
  return read.source;
}

function checkAlone(source: SourceFile, world: World): void {
  checkNames(source, world.findings);
  checkDecorators(source, world.findings);
  checkSecrets(source, world.findings);
  checkAsLinter(source, world.findings);
  new FileScope(source, undefined, world).run();
  for (const resource of world.deployed) checkResource(resource, world.types, world.findings);
}

async function deployOnPaper(path: string, text: string, world: World): Promise<Deployment> {
  const { findings } = world;
  const at = { file: path, line: 1, column: 1 };
  const [, using = ""] = /^using\s+'([^']+)'/m.exec(text) ?? [];
  const given = await readParameters(path, text, findings);
  const main = world.source(posix.join(posix.dirname(path), using));
  if (!main) {
    findings.report(at, `there is no Bicep file '${using}' to use`);
    return { path, resources: [] };
  }
  const parameters = new FileScope(given, undefined, world);
  const args = new Map<string, Value>();
  const names = main.declarations.filter(({ kind }) => kind === "param").map(({ name }) => name);
  const scope = new FileScope(main, args, world);
  for (const one of given.declarations) {
    const value = parameters.find(one.name);
    const type = scope.parameterType(one.name);
    if (!type)
      findings.report(one.at, `${main.path} has no parameter "${one.name}": ${suggest(one.name, names)}`);
    else if (value) {
      checkValue(value, type, { at: one.at, path: one.name, findings });
      args.set(one.name, value);
    }
  }
  for (const name of scope.missing())
    findings.report(at, `the parameter "${name}" of ${main.path} is missing`);
  scope.run();
  for (const resource of world.deployed) checkResource(resource, world.types, findings);
  checkDeployment(world.deployed, findings);
  checkAppSettings(world.deployed, findings);
  checkHardening(world.deployed, findings);
  return { path, resources: world.deployed };
}
