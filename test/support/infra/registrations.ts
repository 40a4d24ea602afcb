import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { asTheAppSeesThem } from "../../../infra/check/rules/app-settings.ts";

const run = promisify(execFile);

const registration = z.object({
  name: z.string(),
  bindings: z.record(z.string(), z.looseObject({ type: z.string() })),
});

/** A function as the app registers it. */
export type Registration = z.infer<typeof registration>;

const known = new Map<string, Promise<Registration[]>>();

/** What the built app registers when it starts with these app settings and nothing else. Rejects if it does not start. */
export function readRegistrations(settings: Readonly<Record<string, string>>): Promise<Registration[]> {
  const key = JSON.stringify(settings);
  const registrations = known.get(key) ?? startAndRead(settings);
  known.set(key, registrations);
  return registrations;
}

async function startAndRead(settings: Readonly<Record<string, string>>): Promise<Registration[]> {
  const program = "test/support/infra/print-registrations.mjs";
  const { stdout } = await run(process.execPath, [program, "dist/main.cjs"], {
    env: { PATH: process.env["PATH"], ...asTheAppSeesThem(settings) },
  });
  return z.array(registration).parse(JSON.parse(stdout));
}

/** The binding that starts a function. */
export function triggerOf({ name, bindings }: Registration): {
  type: string;
  option: (key: string) => string | undefined;
} {
  const trigger = Object.values(bindings).find(({ type }) => type.endsWith("Trigger"));
  if (!trigger) throw new Error(`${name} has no trigger`);
  const option = (key: string) => (typeof trigger[key] === "string" ? trigger[key] : undefined);
  return { type: trigger.type, option };
}
