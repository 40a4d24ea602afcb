import { execFile } from "node:child_process";

/** What a run of the compiler gave. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The Bicep compiler, alone or as a part of the Azure CLI. */
export interface BicepCli {
  /** How messages name it, with its version. */
  readonly name: string;
  /** Runs one of its commands on one file. */
  readonly run: (command: string, file: string, ...options: string[]) => Promise<CliRun>;
}

/** Settings that the parameter files read. */
const parameterEnvironment = { AZURE_ENV_NAME: "dev", AZURE_LOCATION: "westeurope" };

/** Looks for the compiler on PATH; undefined where it is not. */
export async function findBicepCli(env: NodeJS.ProcessEnv): Promise<BicepCli | undefined> {
  const execute = (program: string, ...args: string[]) =>
    start(program, args, { ...parameterEnvironment, ...env });
  const alone = await execute("bicep", "--version");
  if (alone.code === 0)
    return {
      name: alone.stdout.trim(),
      run: (command, file, ...options) => execute("bicep", command, file, ...options),
    };
  const inAzure = await execute("az", "bicep", "version");
  if (inAzure.code !== 0) return undefined;
  return {
    name: inAzure.stdout.trim(),
    run: (command, file, ...options) => execute("az", "bicep", command, "--file", file, ...options),
  };
}

/** A program that is not there is one that failed. */
function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<CliRun> {
  return new Promise((resolve) => {
    const options = { env, maxBuffer: 64 * 1024 * 1024, shell: process.platform === "win32" };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 127;
      resolve({ code, stdout, stderr });
    });
  });
}
