import { z } from "zod";
import { nameSchema } from "./names.ts";

/** An empty setting counts as absent, as everywhere; as a number it would be 0. */
const wholeNumber = (fallback: number, min: number, max: number) =>
  z.preprocess(
    (text) => (text === "" ? undefined : text),
    z.coerce.number().int().min(min).max(max).default(fallback),
  );

const milliseconds = wholeNumber;

const optionalText = z
  .string()
  .optional()
  .transform((text) => (text === "" ? undefined : text));

const settingsSchema = z.object({
  /** The stable id of this instance, unique over all roles. */
  INSTANCE_ID: nameSchema,
  ROLE_NAME: nameSchema,
  /** Where clients reach this instance; default: https:// and the platform's host name. */
  INSTANCE_URL: optionalText,
  WEBSITE_HOSTNAME: optionalText,
  /** Service Bus: a connection string (local), or the namespace's host name with managed identity (Azure). */
  ServiceBus: optionalText,
  ServiceBus__fullyQualifiedNamespace: optionalText,
  ServiceBus__clientId: optionalText,
  /** Table Storage: a connection string (local), or the table endpoint with managed identity (Azure). */
  Tables: optionalText,
  Tables__endpoint: optionalText,
  AZURE_CLIENT_ID: optionalText,
  /** Between two heartbeats. An instance that misses two is lost. */
  HEARTBEAT_MS: milliseconds(5_000, 100, 300_000),
  /** Between two looks at a running operation. */
  TICK_MS: milliseconds(2_000, 50, 60_000),
  /** How long requests in flight may take to finish when this instance drains. */
  DRAIN_MS: milliseconds(30_000, 0, 600_000),
  /** How long the application's onRecycle may take; then the instance recycles without waiting for it. */
  ON_RECYCLE_MS: milliseconds(60_000, 0, 3_600_000),
  /** Signs session tokens; the same on all instances, and secret. */
  SESSION_TOKEN_SECRET: z
    .string()
    .min(32, { error: "must be a secret of at least 32 characters, the same on all instances" })
    // The platform hands over the reference itself when it cannot read the vault: everybody could sign with that.
    .refine((secret) => !secret.startsWith("@Microsoft.KeyVault("), {
      error: "is a reference that could not be resolved: the app's identity must be able to read the secret",
    }),
  /** How long a client may be away before its session ends. */
  SESSION_GRACE_MS: milliseconds(30_000, 100, 3_600_000),
  /** How long a request waits for its turn at a counter. Shorter than callers of the HTTP API wait for an answer. */
  COUNTER_WAIT_MS: milliseconds(10_000, 100, 120_000),
  /** The first number of a counter that was never used. The same on all instances: the first that uses a counter decides. */
  COUNTER_INITIAL_VALUE: wholeNumber(1, 0, Number.MAX_SAFE_INTEGER),
  /** How many numbers an instance leases at once in the mode `block`: at most so many are lost when it ends. */
  COUNTER_BLOCK_SIZE: wholeNumber(1_000, 1, 10_000),
  /** What recycling does: end the worker, restart the app through Azure's management API, or only say so in the log. */
  RECYCLE_MODE: z.enum(["end-worker", "restart-app", "log-only"]).default("end-worker"),
  /** The app's resource id, needed by RECYCLE_MODE=restart-app. */
  SITE_RESOURCE_ID: optionalText,
  /** Set to an NCRONTAB schedule to turn on the example controller, which recycles EXAMPLE_CONTROLLER_TARGET. */
  EXAMPLE_CONTROLLER_SCHEDULE: optionalText,
  EXAMPLE_CONTROLLER_TARGET: nameSchema.default("web"),
  /** The routing table of this role's instances, for messages that name none. */
  ROUTER_TABLE: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, { error: "must be the name of a routing table" })
    .default("default"),
  /** Where the table comes from at start, and where from at a refresh: the repository in Table Storage, or ROUTER_FILE. */
  ROUTER_BOOT_SOURCE: z.enum(["repository", "file"]).default("repository"),
  ROUTER_RUNTIME_SOURCE: z.enum(["repository", "file"]).default("repository"),
  /** The path of a routing table, JSON or an original XML configuration. */
  ROUTER_FILE: optionalText,
  /** The addresses of this environment: JSON, an overlay for each table by the table's name. */
  ROUTER_OVERLAY: optionalText,
  /** Which hosts the router may call: any public one, only those of ROUTER_ALLOWED_HOSTS, or this machine too, for local runs. */
  ROUTER_OUTBOUND: z.enum(["public", "listed", "local"]).default("public"),
  /** Hosts that may be called whatever they are, separated by commas: `api.example.com`, `*.example.com`, `10.1.2.0/24`. */
  ROUTER_ALLOWED_HOSTS: optionalText,
  /** Resources for which a routing table may have tokens of the app's identity, separated by commas. */
  ROUTER_TOKEN_RESOURCES: optionalText,
  /** How often an endpoint is tried before a message counts as failed, and the pause after the first failure; it doubles, up to five minutes. */
  ROUTER_MAX_TRIES: wholeNumber(12, 1, 100),
  ROUTER_RETRY_MS: milliseconds(1_000, 10, 60_000),
  /** How long decisions and outcomes of messages are kept. Longer than any queue keeps a message. */
  ROUTER_RETENTION_DAYS: wholeNumber(30, 16, 3_650),
  /** A directory of fault points; for tests. */
  INTERROLE_FAULT_POINTS: optionalText,
});

/** The names of all settings that are read here; what else the platform and the triggers read is theirs. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);

/** How to reach a service: with a connection string, or by name with an identity (of the client id given, if any). */
export type Connection = { connectionString: string } | { host: string; clientId: string | undefined };

export interface Config {
  instance: string;
  role: string;
  url: string;
  bus: Connection;
  tables: Connection;
  heartbeatMs: number;
  tickMs: number;
  drainMs: number;
  onRecycleMs: number;
  sessionTokenSecret: string;
  sessionGraceMs: number;
  counters: { waitMs: number; initialValue: bigint; blockSize: number };
  router: RouterConfig;
  recycleMode: "end-worker" | "restart-app" | "log-only";
  siteResourceId: string | undefined;
  faultPoints: string | undefined;
  exampleController: { schedule: string; target: string } | undefined;
}

/** What the router is told by settings. Secrets are not here: each is read when it is sent. */
export interface RouterConfig {
  table: string;
  bootSource: "repository" | "file";
  runtimeSource: "repository" | "file";
  file: string | undefined;
  overlay: string | undefined;
  outbound: "public" | "listed" | "local";
  allowedHosts: readonly string[];
  tokenResources: readonly string[];
  maxTries: number;
  retryMs: number;
  retentionDays: number;
}

/** A setting that is missing or wrong, and what to do about it. Starting is refused. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Reads the settings once. Throws ConfigError that names every wrong setting and the remedy. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const parsed = settingsSchema.safeParse(env);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new ConfigError(
      `Settings are missing or wrong. Set them as app settings or in local.settings.json. ${faults.join("; ")}`,
    );
  }
  const s = parsed.data;
  if (s.RECYCLE_MODE === "restart-app" && !s.SITE_RESOURCE_ID) {
    throw new ConfigError(
      "RECYCLE_MODE=restart-app needs SITE_RESOURCE_ID, the resource id of this function app",
    );
  }
  if ((s.ROUTER_BOOT_SOURCE === "file" || s.ROUTER_RUNTIME_SOURCE === "file") && !s.ROUTER_FILE) {
    throw new ConfigError("ROUTER_BOOT_SOURCE and ROUTER_RUNTIME_SOURCE=file need ROUTER_FILE, a path");
  }
  return {
    instance: s.INSTANCE_ID,
    role: s.ROLE_NAME,
    url:
      s.INSTANCE_URL ??
      (s.WEBSITE_HOSTNAME
        ? `https://${s.WEBSITE_HOSTNAME}`
        : missing("INSTANCE_URL", "the base URL of this instance")),
    bus: connection(
      "ServiceBus",
      s.ServiceBus,
      "ServiceBus__fullyQualifiedNamespace",
      s.ServiceBus__fullyQualifiedNamespace,
      s.ServiceBus__clientId ?? s.AZURE_CLIENT_ID,
    ),
    tables: connection("Tables", s.Tables, "Tables__endpoint", s.Tables__endpoint, s.AZURE_CLIENT_ID),
    heartbeatMs: s.HEARTBEAT_MS,
    tickMs: s.TICK_MS,
    drainMs: s.DRAIN_MS,
    onRecycleMs: s.ON_RECYCLE_MS,
    sessionTokenSecret: s.SESSION_TOKEN_SECRET,
    sessionGraceMs: s.SESSION_GRACE_MS,
    counters: {
      waitMs: s.COUNTER_WAIT_MS,
      initialValue: BigInt(s.COUNTER_INITIAL_VALUE),
      blockSize: s.COUNTER_BLOCK_SIZE,
    },
    router: routerConfig(s),
    recycleMode: s.RECYCLE_MODE,
    siteResourceId: s.SITE_RESOURCE_ID,
    faultPoints: s.INTERROLE_FAULT_POINTS,
    exampleController: s.EXAMPLE_CONTROLLER_SCHEDULE
      ? { schedule: s.EXAMPLE_CONTROLLER_SCHEDULE, target: s.EXAMPLE_CONTROLLER_TARGET }
      : undefined,
  };
}

function routerConfig(s: z.output<typeof settingsSchema>): RouterConfig {
  const list = (text: string | undefined) => (text ?? "").split(",").flatMap((item) => item.trim() || []);
  return {
    table: s.ROUTER_TABLE,
    bootSource: s.ROUTER_BOOT_SOURCE,
    runtimeSource: s.ROUTER_RUNTIME_SOURCE,
    file: s.ROUTER_FILE,
    overlay: s.ROUTER_OVERLAY,
    outbound: s.ROUTER_OUTBOUND,
    allowedHosts: list(s.ROUTER_ALLOWED_HOSTS),
    tokenResources: list(s.ROUTER_TOKEN_RESOURCES),
    maxTries: s.ROUTER_MAX_TRIES,
    retryMs: s.ROUTER_RETRY_MS,
    retentionDays: s.ROUTER_RETENTION_DAYS,
  };
}

function connection(
  name: string,
  text: string | undefined,
  hostName: string,
  host: string | undefined,
  clientId: string | undefined,
): Connection {
  if (text) return { connectionString: text };
  if (host) return { host, clientId };
  return missing(name, `a connection string, or set ${hostName} to use the app's managed identity`);
}

function missing(setting: string, what: string): never {
  throw new ConfigError(`The setting ${setting} is missing: set it to ${what}`);
}
