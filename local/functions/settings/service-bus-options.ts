import { availableParallelism } from "node:os";
import type { Configuration } from "./configuration.ts";
import { choice, duration, flag, integer, readSection } from "./section.ts";
import { SettingsError } from "./settings-error.ts";

/** How the SDK's clients retry. */
export interface ClientRetryOptions {
  readonly mode: "exponential" | "fixed";
  readonly tryTimeoutMs: number;
  readonly delayMs: number;
  readonly maxDelayMs: number;
  readonly maxRetries: number;
}

/** `extensions.serviceBus` of host.json. The defaults are the real extension's. */
export interface ServiceBusOptions {
  /** Whether a message is completed when its function succeeds; a trigger may say otherwise. */
  readonly autoCompleteMessages: boolean;
  /** Messages taken ahead of the calls that run. */
  readonly prefetchCount: number;
  /** Calls at a time of one function with a message a call. */
  readonly maxConcurrentCalls: number;
  /** Sessions at a time of one function with a message a call. */
  readonly maxConcurrentSessions: number;
  /** The most messages of one call of a function that takes many. */
  readonly maxMessageBatchSize: number;
  /** A call waits for this many messages, but not longer than `maxBatchWaitTimeMs`. */
  readonly minMessageBatchSize: number;
  readonly maxBatchWaitTimeMs: number;
  /** How long locks are renewed while a function runs; not for functions that take many messages. */
  readonly maxAutoLockRenewalDurationMs: number;
  /** A session without a message for so long is given back. */
  readonly sessionIdleTimeoutMs: number;
  readonly retry: ClientRetryOptions;
}

const path = "extensions:serviceBus";
const callsPerProcessor = 16;
const secondMs = 1_000;

/** A link of the SDK holds at most this many unsettled messages. */
export const largestBatch = 2_047;

// A batch waits in memory without its locks being renewed, so the real extension allows half of the longest lock.
const longestBatchWaitMs = 150 * secondMs;

/** Reads the options, the names of older versions included; what this host cannot do is refused. */
export function readServiceBusOptions(configuration: Configuration): ServiceBusOptions {
  refuseUnsupported(configuration);
  const legacy = readLegacy(configuration);
  const retry = readRetry(configuration);
  const given = readSection(configuration, path, {
    autoCompleteMessages: flag.default(legacy.autoComplete ?? true),
    prefetchCount: integer(0, largestBatch).default(0),
    maxConcurrentCalls: integer(1, largestBatch).default(
      legacy.maxConcurrentCalls ?? callsPerProcessor * availableParallelism(),
    ),
    maxConcurrentSessions: integer(1).default(legacy.maxConcurrentSessions ?? 8),
    maxMessageBatchSize: integer(1).default(1_000),
    minMessageBatchSize: integer(1).default(1),
    maxBatchWaitTime: duration.default(30 * secondMs),
    maxAutoLockRenewalDuration: duration.default(legacy.maxAutoRenewDurationMs ?? 300 * secondMs),
    sessionIdleTimeout: duration.default(legacy.messageWaitTimeMs ?? retry.tryTimeoutMs),
  });
  if (given.minMessageBatchSize > given.maxMessageBatchSize) {
    throw new SettingsError(
      "host.json: The minimum message batch size must be less than the maximum message batch size.",
    );
  }
  if (given.maxBatchWaitTime > longestBatchWaitMs) {
    throw new SettingsError(
      "host.json: extensions.serviceBus.maxBatchWaitTime must be no longer than 00:02:30, half of the longest message lock.",
    );
  }
  return {
    autoCompleteMessages: given.autoCompleteMessages,
    prefetchCount: given.prefetchCount,
    maxConcurrentCalls: given.maxConcurrentCalls,
    maxConcurrentSessions: given.maxConcurrentSessions,
    maxMessageBatchSize: Math.min(given.maxMessageBatchSize, largestBatch),
    minMessageBatchSize: given.minMessageBatchSize,
    maxBatchWaitTimeMs: given.maxBatchWaitTime,
    maxAutoLockRenewalDurationMs: given.maxAutoLockRenewalDuration,
    sessionIdleTimeoutMs: given.sessionIdleTimeout,
    retry,
  };
}

function readRetry(configuration: Configuration): ClientRetryOptions {
  const retry = readSection(configuration, `${path}:clientRetryOptions`, {
    mode: choice(["exponential", "fixed"]).default("exponential"),
    tryTimeout: duration.default(60 * secondMs),
    delay: duration.default(0.8 * secondMs),
    maxDelay: duration.default(60 * secondMs),
    maxRetries: integer(0, 100).default(3),
  });
  return {
    mode: retry.mode,
    tryTimeoutMs: retry.tryTimeout,
    delayMs: retry.delay,
    maxDelayMs: retry.maxDelay,
    maxRetries: retry.maxRetries,
  };
}

function readLegacy(configuration: Configuration) {
  const message = readSection(configuration, `${path}:messageHandlerOptions`, {
    autoComplete: flag.optional(),
    maxAutoRenewDuration: duration.optional(),
    maxConcurrentCalls: integer(1, largestBatch).optional(),
  });
  const session = readSection(configuration, `${path}:sessionHandlerOptions`, {
    autoComplete: flag.optional(),
    maxAutoRenewDuration: duration.optional(),
    maxConcurrentSessions: integer(1).optional(),
    messageWaitTime: duration.optional(),
  });
  const batch = readSection(configuration, `${path}:batchOptions`, { autoComplete: flag.optional() });
  return {
    autoComplete: message.autoComplete ?? session.autoComplete ?? batch.autoComplete,
    maxAutoRenewDurationMs: message.maxAutoRenewDuration ?? session.maxAutoRenewDuration,
    maxConcurrentCalls: message.maxConcurrentCalls,
    maxConcurrentSessions: session.maxConcurrentSessions,
    messageWaitTimeMs: session.messageWaitTime,
  };
}

function refuseUnsupported(configuration: Configuration): void {
  const given = readSection(configuration, path, {
    transportType: choice(["amqpTcp", "amqpWebSockets"]).default("amqpTcp"),
    enableCrossEntityTransactions: flag.default(false),
  });
  const unsupported = [
    ...(given.transportType === "amqpWebSockets" ? ["transportType amqpWebSockets"] : []),
    ...(given.enableCrossEntityTransactions ? ["enableCrossEntityTransactions"] : []),
    ...((configuration.get(`${path}:webProxy`) ?? "") === "" ? [] : ["webProxy"]),
  ];
  if (unsupported.length > 0) {
    throw new SettingsError(
      `host.json: extensions.serviceBus: this host does not support ${unsupported.join(", ")}. Take it out, or run the app under Core Tools.`,
    );
  }
}
