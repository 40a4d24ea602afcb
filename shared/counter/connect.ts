import { ServiceBusClient, type ServiceBusClientOptions } from "@azure/service-bus";
import type { Connection } from "../kernel/config.ts";
import { appCredential } from "../kernel/credential.ts";

/**
 * Makes the counters' own client: without retries, and with the time that one attempt may take. Setting a session's state replaces it
 * whatever it is, so a repeat by the SDK that arrives after a later write would take numbers back.
 */
export function connectCounters(connection: Connection, attemptMs: number): ServiceBusClient {
  const options: ServiceBusClientOptions = { retryOptions: { maxRetries: 0, timeoutInMs: attemptMs } };
  return "connectionString" in connection
    ? new ServiceBusClient(connection.connectionString, options)
    : new ServiceBusClient(connection.host, appCredential(connection.clientId), options);
}
