import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { settingsOf } from "../../support/app-settings.ts";

function hostJson(host: object | string, env: Record<string, string> = {}) {
  return settingsOf({ host, env }).hostJson;
}

const serviceBus = (options: object) => ({ extensions: { serviceBus: options } });

describe("host.json", () => {
  it("has the platform's defaults", () => {
    expect(hostJson({})).toEqual({
      functionTimeoutMs: 1_800_000,
      http: { routePrefix: "api", maxOutstandingRequests: Number.POSITIVE_INFINITY },
      serviceBus: {
        autoCompleteMessages: true,
        prefetchCount: 0,
        maxConcurrentCalls: 16 * availableParallelism(),
        maxConcurrentSessions: 8,
        maxMessageBatchSize: 1_000,
        minMessageBatchSize: 1,
        maxBatchWaitTimeMs: 30_000,
        maxAutoLockRenewalDurationMs: 300_000,
        sessionIdleTimeoutMs: 60_000,
        retry: { mode: "exponential", tryTimeoutMs: 60_000, delayMs: 800, maxDelayMs: 60_000, maxRetries: 3 },
      },
      logLevels: new Map(),
    });
  });

  it("is read with comments and names in any case", () => {
    const host = hostJson(
      '{ "VERSION": "2.0", /* none */ "Extensions": { "HTTP": { "RoutePrefix": "/v1/" } } }',
    );
    expect(host.http.routePrefix).toBe("v1");
  });

  it("may have no route prefix, no time-out and a list of functions", () => {
    const host = hostJson({
      functionTimeout: "-1",
      functions: ["a", "b"],
      extensions: { http: { routePrefix: "", maxOutstandingRequests: -1 } },
    });
    expect(host.functionTimeoutMs).toBe(Number.POSITIVE_INFINITY);
    expect(host.functions).toEqual(["a", "b"]);
    expect(host.http).toEqual({ routePrefix: "", maxOutstandingRequests: Number.POSITIVE_INFINITY });
  });

  it("gives log levels by category", () => {
    const host = hostJson({ logging: { logLevel: { default: "Information", "Host.Triggers": "Debug" } } });
    expect(host.logLevels).toEqual(
      new Map([
        ["default", "information"],
        ["host.triggers", "debug"],
      ]),
    );
  });

  it("is overridden by settings named AzureFunctionsJobHost", () => {
    const host = hostJson(serviceBus({ maxConcurrentCalls: 4 }), {
      AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentCalls: "2",
      AzureFunctionsJobHost__extensions__http__routePrefix: "x",
    });
    expect([host.serviceBus.maxConcurrentCalls, host.http.routePrefix]).toEqual([2, "x"]);
  });

  it("takes the session's idle time from the retry options when it is not given", () => {
    const host = hostJson(serviceBus({ clientRetryOptions: { tryTimeout: "00:00:30" } }));
    expect(host.serviceBus.sessionIdleTimeoutMs).toBe(30_000);
  });

  it("understands the older names, and prefers the newer", () => {
    const older = {
      messageHandlerOptions: { autoComplete: false, maxConcurrentCalls: 3, maxAutoRenewDuration: "00:01:00" },
      sessionHandlerOptions: { maxConcurrentSessions: 2, messageWaitTime: "00:00:05" },
    };
    expect(hostJson(serviceBus(older)).serviceBus).toMatchObject({
      autoCompleteMessages: false,
      maxConcurrentCalls: 3,
      maxAutoLockRenewalDurationMs: 60_000,
      maxConcurrentSessions: 2,
      sessionIdleTimeoutMs: 5_000,
    });
    expect(hostJson(serviceBus({ ...older, maxConcurrentCalls: 7 })).serviceBus.maxConcurrentCalls).toBe(7);
  });

  it.each([
    [{ version: "1.0" }, "host.json: version is '1.0', but must be '2.0'."],
    [
      { functionTimeout: "soon" },
      "host.json: functionTimeout is 'soon' and must be a duration such as 00:05:00",
    ],
    [
      serviceBus({ maxConcurrentCalls: 0 }),
      "host.json: extensions.serviceBus.maxConcurrentCalls is '0' and must be a whole number, from 1 to 2047.",
    ],
    [
      serviceBus({ autoCompleteMessages: "yes" }),
      "host.json: extensions.serviceBus.autoCompleteMessages is 'yes' and must be true or false.",
    ],
    [
      serviceBus({ clientRetryOptions: { mode: "never" } }),
      "host.json: extensions.serviceBus.clientRetryOptions.mode is 'never' and must be one of exponential, fixed.",
    ],
    [serviceBus({ minMessageBatchSize: 5, maxMessageBatchSize: 2 }), "minimum message batch size"],
    [serviceBus({ maxBatchWaitTime: "00:03:00" }), "no longer than 00:02:30"],
    [serviceBus({ transportType: "amqpWebSockets" }), "does not support transportType amqpWebSockets"],
  ])("is refused with the reason: %j", (host, reason) => {
    expect(() => hostJson(host)).toThrow(reason);
  });

  it("is refused without a version", () => {
    expect(() => hostJson("{}")).toThrow("host.json: version is missing, but must be '2.0'.");
  });
});
