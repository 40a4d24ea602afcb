import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadSettings } from "../../../local/functions/settings/settings.ts";
import { settingsOf } from "../../support/app-settings.ts";

describe("settings that this host does not know", () => {
  test("are nothing to speak of in a usual app", () => {
    expect(settingsOf({ env: { FUNCTIONS_WORKER_RUNTIME: "Node" } }).ignored).toEqual([]);
  });

  test.each([
    [{ extensions: { http: { customHeaders: { "X-Own": "1" } } } }, "extensions.http.customHeaders"],
    [{ extensions: { http: { maxConcurrentRequests: 5 } } }, "extensions.http.maxConcurrentRequests"],
    [{ extensions: { http: { dynamicThrottlesEnabled: true } } }, "dynamicThrottlesEnabled"],
    [{ extensions: { http: { hsts: { isEnabled: true } } } }, "hsts.isEnabled"],
    [{ concurrency: { dynamicConcurrencyEnabled: true } }, "dynamicConcurrencyEnabled"],
    [{ retry: { strategy: "fixedDelay" } }, "retry"],
  ])("are told: %o", (host, name) => {
    expect(settingsOf({ host }).ignored).toEqual([expect.stringContaining(name)]);
  });

  test("are not told while they are switched off", () => {
    const http = { dynamicThrottlesEnabled: false, hsts: { isEnabled: "False" } };
    expect(settingsOf({ host: { extensions: { http } } }).ignored).toEqual([]);
  });

  test("are told when they ask for more than one worker", () => {
    const ignored = (count: string) => settingsOf({ env: { FUNCTIONS_WORKER_PROCESS_COUNT: count } }).ignored;
    expect(ignored("1")).toEqual([]);
    expect(ignored("2")).toEqual([expect.stringContaining("one worker process")]);
  });

  test("are told when they name a time zone for timers", () => {
    const { ignored } = settingsOf({ env: { WEBSITE_TIME_ZONE: "Europe/Berlin" } });
    expect(ignored).toEqual([expect.stringContaining("WEBSITE_TIME_ZONE")]);
  });

  test("make the app none for this host when they name another runtime or a custom handler", () => {
    expect(() => settingsOf({ env: { FUNCTIONS_WORKER_RUNTIME: "python" } })).toThrow("'python'");
    expect(() => settingsOf({ host: { customHandler: { description: {} } } })).not.toThrow();
    const description = { defaultExecutablePath: "x" };
    expect(() => settingsOf({ host: { customHandler: { description } } })).toThrow("customHandler");
  });

  test("include the files of older ways to write functions and proxies", () => {
    const appDir = mkdtempSync(join(tmpdir(), "interrole-app-"));
    try {
      writeFileSync(join(appDir, "host.json"), '{"version":"2.0"}');
      writeFileSync(join(appDir, "proxies.json"), "{}");
      mkdirSync(join(appDir, "Old"));
      writeFileSync(join(appDir, "Old", "function.json"), "{}");
      expect(loadSettings({ appDir, env: {} }).ignored).toEqual([
        expect.stringContaining("proxies.json"),
        expect.stringContaining("Old/function.json"),
      ]);
    } finally {
      rmSync(appDir, { recursive: true });
    }
  });
});

describe("settings of the log", () => {
  test("count with and without the host's prefix, and the prefix wins", () => {
    const { hostJson } = settingsOf({
      host: { logging: { logLevel: { default: "Warning", Worker: "Error" } } },
      env: {
        logging__logLevel__Worker: "debug",
        logging__logLevel__Host: "trace",
        AzureFunctionsJobHost__logging__logLevel__Host: "none",
      },
    });
    expect(Object.fromEntries(hostJson.logLevels)).toEqual({
      default: "warning",
      worker: "debug",
      host: "none",
    });
  });
});
