import { describe, expect, test } from "vitest";
import type { Binding, FunctionMetadata } from "../../../local/functions/core/function-metadata.ts";
import { catalogFunctions } from "../../../local/functions/host/function-catalog.ts";
import { loadSettings } from "../../../local/functions/settings/settings.ts";
import { fixtureDir } from "../../support/host.ts";
import { httpMetadata, metadataOf } from "./functions.ts";

const timer: Binding = { name: "timer", type: "timerTrigger", direction: "in", schedule: "* * * * *" };

function catalog(functions: readonly FunctionMetadata[], env: Record<string, string> = {}) {
  const settings = loadSettings({ appDir: fixtureDir("http"), env });
  const problemWith = ({ type }: Binding): string | undefined =>
    type === "serviceBus" ? undefined : `cannot write to '${type}'`;
  return catalogFunctions(functions, settings, { problemWith });
}

describe("the catalog of an app's functions", () => {
  test("is in the order of the names, in any case", () => {
    const names = ["b", "A", "c-1", "C"].map((name) => httpMetadata(name));
    expect(catalog(names).map(({ metadata }) => metadata.name)).toEqual(["A", "b", "C", "c-1"]);
  });

  test("holds only the functions that host.json names, when it names some", () => {
    const env = { AzureFunctionsJobHost__functions__0: "B" };
    const functions = catalog([httpMetadata("a"), httpMetadata("b")], env);
    expect(functions.map(({ metadata }) => metadata.name)).toEqual(["b"]);
  });

  test("knows which functions a setting switches off", () => {
    const functions = catalog([httpMetadata("a"), httpMetadata("b")], { "AzureWebJobs.b.Disabled": "true" });
    expect(functions.map(({ isDisabled }) => isDisabled)).toEqual([false, true]);
  });

  test.each([
    ["a name with a dot", httpMetadata("a.b"), "is not a function name"],
    ["a name that is too long", httpMetadata("a".repeat(129)), "is not a function name"],
    ["the host's own name", httpMetadata("Host"), "reserved"],
    ["no trigger", metadataOf("f", {}), "no trigger"],
    [
      "an unknown trigger",
      metadataOf("f", { b: { name: "b", type: "blobTrigger", direction: "in" } }),
      "the trigger type 'blobTrigger' is not supported",
    ],
    [
      "an input",
      metadataOf("f", { timer, i: { name: "i", type: "table", direction: "in" } }),
      "the input binding type 'table' is not supported",
    ],
    [
      "an unknown output",
      metadataOf("f", { timer, o: { name: "o", type: "queue", direction: "out" } }),
      "cannot write to 'queue'",
    ],
    [
      "an HTTP response without a request",
      metadataOf("f", { timer, o: { name: "o", type: "http", direction: "out" } }),
      "no HTTP trigger",
    ],
    [
      "an SDK binding",
      metadataOf("f", { timer: { ...timer, properties: { supportsDeferredBinding: "true" } } }),
      "sdkBinding",
    ],
    [
      "a retry policy without a pause",
      { ...httpMetadata("f"), retryOptions: { maxRetryCount: 1, retryStrategy: "fixedDelay" } as const },
      "the retry policy needs delayInterval",
    ],
  ])("refuses a function with %s", (_, metadata, reason) => {
    expect(catalog([metadata])[0]?.problem).toContain(reason);
  });

  test("finds nothing wrong with a timer that sends to Service Bus", () => {
    const output: Binding = { name: "o", type: "serviceBus", direction: "out" };
    expect(catalog([metadataOf("f", { timer, output })])[0]?.problem).toBeUndefined();
  });

  test("refuses the second of two names that differ only in case", () => {
    const functions = catalog([httpMetadata("one"), httpMetadata("ONE")]);
    expect(functions.map(({ problem }) => problem !== undefined)).toEqual([false, true]);
  });
});
