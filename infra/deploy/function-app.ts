import { z } from "zod";
import { reasonOf } from "../../shared/kernel/log.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { AzureError, type AskAzure } from "./azure.ts";

/** Of Microsoft.Web; the same as in the Bicep. */
const apiVersion = "2024-11-01";
const pollMs = 10_000;
/** A right that was given a moment ago may take minutes to be known everywhere. */
const secretTimeoutMs = 600_000;
const uploadTimeoutMs = 600_000;
const readyTimeoutMs = 900_000;
const healthTimeoutMs = 10_000;
/** What the deployment service calls a deployment that has failed, or has given way to another. */
const failedStates = new Set([-1, 3, 5, 6]);

/** Not there yet, another deployment is under way, and too many requests. */
const passingStatuses = new Set([404, 409, 429]);
const serverErrors = 500;

const siteSchema = z.object({
  properties: z.object({
    defaultHostName: z.string(),
    hostNameSslStates: z.array(z.object({ name: z.string(), hostType: z.string() })),
  }),
});
const referenceSchema = z.object({
  properties: z.object({ status: z.string(), details: z.string().nullish() }),
});
const deploymentSchema = z.object({
  complete: z.boolean(),
  status: z.number(),
  status_text: z.string().nullish(),
});
const readinessSchema = z.object({
  status: z.string(),
  incarnation: z.string(),
  checks: z.record(z.string(), z.string()),
});

/** The package could not be brought to an app, or the instance did not come back with it. */
export class DeployError extends Error {
  override readonly name = "DeployError";
}

/** Where an app is reached: by clients, and by its deployment service. */
interface Hosts {
  app: string;
  deployment: string;
}

/** One function app, as a deployment sees it. */
export class FunctionApp {
  readonly #ask: AskAzure;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #scheme: string;

  /** `id` is the app's resource id. */
  constructor(ask: AskAzure, clock: Clock, id: string, scheme: "http" | "https" = "https") {
    this.#ask = ask;
    this.#clock = clock;
    this.#path = id;
    this.#scheme = scheme;
  }

  /** Brings the package to the app, and comes back when its instance is ready with it, as a new incarnation. */
  async deploy(zip: Uint8Array): Promise<void> {
    await this.#renew(async (hosts) => await this.#upload(hosts, zip));
  }

  /** Has an app that runs from a URL take the package that is there now, and comes back as after `deploy`. */
  async restart(): Promise<void> {
    await this.#renew(async () => void (await this.#ask("POST", this.#url("/restart"))));
  }

  async #renew(act: (hosts: Hosts) => Promise<void>): Promise<void> {
    const hosts = await this.#hosts();
    await this.#secretIsThere();
    const before = await this.#readiness(hosts);
    await act(hosts);
    await this.#comesBack(hosts, before?.incarnation);
  }

  async #hosts(): Promise<Hosts> {
    const site = siteSchema.parse(await this.#json("GET", ""));
    const { defaultHostName, hostNameSslStates } = site.properties;
    const deployment = hostNameSslStates.find(({ hostType }) => hostType === "Repository");
    if (!deployment) throw new DeployError(`${this.#path} has no deployment service`);
    return { app: defaultHostName, deployment: deployment.name };
  }

  /**
   * Waits until the platform has read SESSION_TOKEN_SECRET from the key vault. It does so when settings change, and then once a day:
   * an app that was made before its right was known would begin with the reference itself in place of the secret.
   */
  async #secretIsThere(): Promise<void> {
    const references = "/config/configreferences/appsettings";
    await this.#until(
      secretTimeoutMs,
      "SESSION_TOKEN_SECRET could not be read from the key vault",
      async () => {
        const { properties } = referenceSchema.parse(
          await this.#json("GET", `${references}/SESSION_TOKEN_SECRET`),
        );
        if (properties.status === "Resolved") return undefined;
        await this.#ask("POST", this.#url(`${references}/refresh`));
        return `${properties.status} ${properties.details ?? ""}`;
      },
    );
  }

  async #upload({ deployment }: Hosts, zip: Uint8Array): Promise<void> {
    const origin = `${this.#scheme}://${deployment}`;
    let location = `${origin}/api/deployments/latest`;
    await this.#until(uploadTimeoutMs, "the package was not taken", async () => {
      const accepted = await this.#ask("POST", `${origin}/api/zipdeploy?isAsync=true`, zip);
      location = accepted.headers.get("location") ?? location;
      return undefined;
    });
    await this.#until(uploadTimeoutMs, "the package was not unpacked", async () => {
      const answer = await this.#ask("GET", location);
      if (answer.status === 202) return "under way";
      const { complete, status, status_text: text } = deploymentSchema.parse(await answer.json());
      if (failedStates.has(status)) throw new DeployError(`${this.#path}: the package was refused: ${text}`);
      return complete ? undefined : "under way";
    });
  }

  async #comesBack(hosts: Hosts, before: string | undefined): Promise<void> {
    await this.#until(readyTimeoutMs, "the instance did not become ready", async () => {
      const now = await this.#readiness(hosts);
      if (!now) return "no answer";
      if (now.incarnation === before) return "still the one of before";
      return now.status === "ready" ? undefined : JSON.stringify(now.checks);
    });
  }

  /** What the instance says of itself; undefined when nothing answers, or something else does. */
  async #readiness({ app }: Hosts) {
    try {
      const url = `${this.#scheme}://${app}/api/health/ready`;
      const answer = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) });
      return readinessSchema.safeParse(await answer.json()).data;
    } catch {
      // An app that restarts refuses connections, and before its first package answers with a page: both mean "not yet".
      return undefined;
    }
  }

  /** Asks again until `attempt` has nothing more to wait for. Azure's own passing errors are waited out, too. */
  async #until(limitMs: number, failure: string, attempt: () => Promise<string | undefined>): Promise<void> {
    const endMs = this.#clock.monotonicMs() + limitMs;
    for (;;) {
      const missing = await attempt().catch(passing);
      if (missing === undefined) return;
      if (this.#clock.monotonicMs() >= endMs) throw new DeployError(`${this.#path}: ${failure}: ${missing}`);
      await this.#clock.delay(pollMs);
    }
  }

  async #json(method: "GET" | "POST", path: string): Promise<unknown> {
    return await (await this.#ask(method, this.#url(path))).json();
  }

  #url(path: string): string {
    return `${this.#path}${path}?api-version=${apiVersion}`;
  }
}

/** The reason of an error that another attempt may not meet: nothing answers yet, or Azure is busy. Every other is thrown on. */
function passing(error: unknown): string {
  // fetch tells of a host that cannot be reached, or whose name is not known yet, in this way.
  const isUnreachable = error instanceof TypeError;
  const isBusy =
    error instanceof AzureError && (passingStatuses.has(error.status) || error.status >= serverErrors);
  if (isUnreachable || isBusy) return reasonOf(error);
  throw error;
}
