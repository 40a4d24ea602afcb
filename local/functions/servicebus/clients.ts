import { createRequire } from "node:module";
import type { TokenCredential } from "@azure/identity";
import {
  parseServiceBusConnectionString,
  type RetryOptions,
  RetryMode,
  ServiceBusClient,
} from "@azure/service-bus";
import { messageOf } from "../log/log.ts";
import type { Connection, IdentityOptions } from "../settings/connection.ts";
import type { ClientRetryOptions } from "../settings/service-bus-options.ts";
import { SettingsError } from "../settings/settings-error.ts";
import type { Settings } from "../settings/settings.ts";

/** A share in a client. The connection closes when the last share is given back. */
export interface ClientLease {
  readonly client: ServiceBusClient;
  /** Whether another lease on this connection would get the same client. */
  readonly isCurrent: boolean;
  /** Gives the share back. Idempotent. */
  release(): Promise<void>;
  /** Keeps the client from being shared any further: the next lease on this connection gets a new one. */
  retire(): void;
}

interface SharedClient {
  readonly client: ServiceBusClient;
  uses: number;
}

/** One client for each connection of a host: every listener and every output on it shares one AMQP connection. */
export class ClientPool {
  readonly #retry: ClientRetryOptions;
  readonly #clients = new Map<string, SharedClient>();

  constructor(retry: ClientRetryOptions) {
    this.#retry = retry;
  }

  /** Opens nothing yet: the SDK connects when it is used. Throws when the connection string is malformed. */
  lease(connection: Connection): ClientLease {
    const key = JSON.stringify(connection);
    let shared = this.#clients.get(key);
    if (shared === undefined) {
      shared = { client: createClient(connection, this.#retry), uses: 0 };
      this.#clients.set(key, shared);
    }
    shared.uses += 1;
    return this.#share(key, shared);
  }

  #share(key: string, shared: SharedClient): ClientLease {
    let released = false;
    const isCurrent = (): boolean => this.#clients.get(key) === shared;
    return {
      client: shared.client,
      get isCurrent() {
        return isCurrent();
      },
      release: async () => {
        if (released) return;
        released = true;
        shared.uses -= 1;
        if (shared.uses > 0) return;
        this.#forget(key, shared);
        await shared.client.close();
      },
      retire: () => this.#forget(key, shared),
    };
  }

  #forget(key: string, shared: SharedClient): void {
    if (this.#clients.get(key) === shared) this.#clients.delete(key);
  }
}

const pools = new WeakMap<Settings, ClientPool>();

/** The pool of the host that runs with these settings. */
export function clientPool(settings: Settings): ClientPool {
  let pool = pools.get(settings);
  if (pool === undefined) {
    pool = new ClientPool(settings.hostJson.serviceBus.retry);
    pools.set(settings, pool);
  }
  return pool;
}

/** Throws when no client can be made of a connection: what is wrong is told at start, not with the first message. */
export function requireUsable(connection: Connection): void {
  if (connection.kind !== "string") return;
  try {
    parseServiceBusConnectionString(connection.connectionString);
  } catch (error) {
    throw new SettingsError(`The Service Bus connection string is malformed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function createClient(connection: Connection, retry: ClientRetryOptions): ServiceBusClient {
  const options = { retryOptions: toRetryOptions(retry) };
  if (connection.kind === "string") return new ServiceBusClient(connection.connectionString, options);
  return new ServiceBusClient(
    connection.fullyQualifiedNamespace,
    createCredential(connection.identity),
    options,
  );
}

function toRetryOptions(retry: ClientRetryOptions): RetryOptions {
  return {
    mode: retry.mode === "fixed" ? RetryMode.Fixed : RetryMode.Exponential,
    maxRetries: retry.maxRetries,
    retryDelayInMs: retry.delayMs,
    maxRetryDelayInMs: retry.maxDelayMs,
    timeoutInMs: retry.tryTimeoutMs,
  };
}

function createCredential(identity: IdentityOptions): TokenCredential {
  // Loaded only here: it is large, and on a laptop there is usually a connection string.
  const load = createRequire(import.meta.url);
  const sdk: typeof import("@azure/identity") = load("@azure/identity");
  const { credential, tenantId, clientId, clientSecret } = identity;
  if (credential === "managedidentity") {
    return clientId === undefined
      ? new sdk.ManagedIdentityCredential()
      : new sdk.ManagedIdentityCredential({ clientId });
  }
  if (tenantId !== undefined && clientId !== undefined && clientSecret !== undefined) {
    return new sdk.ClientSecretCredential(tenantId, clientId, clientSecret);
  }
  return new sdk.DefaultAzureCredential({
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(clientId === undefined ? {} : { managedIdentityClientId: clientId }),
  });
}
