import { RetryMode, ServiceBusClient, type ServiceBusClientOptions } from "@azure/service-bus";
import type { Connection } from "../kernel/config.ts";
import { appCredential } from "../kernel/credential.ts";

/**
 * The one place that sets how the SDK repeats a failed operation. Its own default waits 30 s between two attempts, which is
 * longer than a caller of the HTTP API waits for an answer.
 */
export const busClientOptions: ServiceBusClientOptions = {
  retryOptions: {
    maxRetries: 4,
    retryDelayInMs: 250,
    maxRetryDelayInMs: 4_000,
    timeoutInMs: 10_000,
    mode: RetryMode.Exponential,
  },
};

/** Makes the client; it connects with its first use. */
export function connectBus(connection: Connection): ServiceBusClient {
  if ("connectionString" in connection)
    return new ServiceBusClient(connection.connectionString, busClientOptions);
  return new ServiceBusClient(connection.host, appCredential(connection.clientId), busClientOptions);
}
