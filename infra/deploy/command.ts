import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } from "@azure/identity";
import { prettifyError, ZodError } from "zod";
import { systemClock } from "../../shared/kernel/clock.ts";
import { reasonOf } from "../../shared/kernel/log.ts";
import { askAs } from "./azure.ts";
import { FunctionApp } from "./function-app.ts";
import { makePackage } from "./package.ts";
import { deployedInstancesSchema, rollOut, type DeployedInstance } from "./rollout.ts";

// `npm run infra:package` writes the package; `npm run infra:deploy` brings it to every instance that azd has provisioned.

const packageFile = ".local/infra/interrole.zip";

/** A setting that azd gives to its hooks; `azd hooks run postprovision` gives them again. */
function given(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set. Run this through azd: azd up, or azd hooks run postprovision`);
}

function readInstances(): DeployedInstance[] {
  const text = given("INTERROLE_INSTANCES");
  try {
    return deployedInstancesSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof ZodError ? prettifyError(error) : reasonOf(error);
    throw new Error(`INTERROLE_INSTANCES is not the output of azd.bicep: ${reason}`, { cause: error });
  }
}

async function writePackage(): Promise<void> {
  const zip = await makePackage(".");
  await mkdir(dirname(packageFile), { recursive: true });
  await writeFile(packageFile, zip);
  console.log(`${packageFile}: ${Math.round(zip.length / 1024)} KB`);
}

async function deploy(): Promise<void> {
  const instances = readInstances();
  // Apps that run from a URL fetch the package themselves.
  const zip = process.env["INTERROLE_PACKAGE_URL"] ? undefined : await readFile(packageFile);
  const ask = askAs(new ChainedTokenCredential(new AzureDeveloperCliCredential(), new AzureCliCredential()));
  // The fleet's own clock lets a process end while it waits.
  const clock = { ...systemClock, delay: async (ms: number) => await sleep(ms) };
  const group = `/subscriptions/${given("AZURE_SUBSCRIPTION_ID")}/resourceGroups/${given("AZURE_RESOURCE_GROUP")}`;
  await rollOut(instances, async ({ id, appName }) => {
    console.log(`${id}: deploying to ${appName}`);
    const app = new FunctionApp(ask, clock, `${group}/providers/Microsoft.Web/sites/${appName}`);
    await (zip ? app.deploy(zip) : app.restart());
    console.log(`${id}: ready`);
  });
}

const commands: Record<string, (() => Promise<void>) | undefined> = { package: writePackage, deploy };

try {
  const command = commands[process.argv[2] ?? ""];
  if (!command) throw new Error(`Say what to do: ${Object.keys(commands).join(" or ")}`);
  await command();
} catch (error) {
  const failures: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  for (const line of [error, ...failures]) console.error(reasonOf(line));
  process.exitCode = 1;
}
