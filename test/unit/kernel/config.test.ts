import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../../../shared/kernel/config.ts";

const minimal = {
  INSTANCE_ID: "web-0",
  ROLE_NAME: "web",
  INSTANCE_URL: "http://127.0.0.1:7071",
  ServiceBus: "Endpoint=sb://localhost",
  Tables: "UseDevelopmentStorage=true",
  SESSION_TOKEN_SECRET: "a secret of at least 32 characters",
};

const read = (settings: Record<string, string | undefined> = {}) => readConfig({ ...minimal, ...settings });

function refusal(settings: Record<string, string | undefined>): string {
  try {
    read(settings);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("The settings were taken");
}

describe("the settings", () => {
  test("that must be given are enough", () => {
    expect(read()).toEqual({
      instance: "web-0",
      role: "web",
      url: "http://127.0.0.1:7071",
      bus: { connectionString: "Endpoint=sb://localhost" },
      tables: { connectionString: "UseDevelopmentStorage=true" },
      heartbeatMs: 5_000,
      tickMs: 2_000,
      drainMs: 30_000,
      onRecycleMs: 60_000,
      sessionTokenSecret: "a secret of at least 32 characters",
      sessionGraceMs: 30_000,
      counters: { waitMs: 10_000, initialValue: 1n, blockSize: 1_000 },
      router: {
        table: "default",
        bootSource: "repository",
        runtimeSource: "repository",
        file: undefined,
        overlay: undefined,
        outbound: "public",
        allowedHosts: [],
        tokenResources: [],
        maxTries: 12,
        retryMs: 1_000,
        retentionDays: 30,
      },
      recycleMode: "end-worker",
      siteResourceId: undefined,
      faultPoints: undefined,
      exampleController: undefined,
    });
  });

  test("refuse a secret that is only a reference to one", () => {
    const reference = "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/session-token)";
    expect(refusal({ SESSION_TOKEN_SECRET: reference })).toContain("could not be resolved");
  });

  test("of a routing table in a file need the file", () => {
    expect(() => read({ ROUTER_BOOT_SOURCE: "file" })).toThrow("need ROUTER_FILE");
    expect(read({ ROUTER_RUNTIME_SOURCE: "file", ROUTER_FILE: "table.json" }).router.file).toBe("table.json");
  });

  test("of the router that are lists are separated by commas", () => {
    const { router } = read({
      ROUTER_ALLOWED_HOSTS: "api.example.com, 10.1.2.0/24,",
      ROUTER_TOKEN_RESOURCES: "api://a",
    });
    expect(router.allowedHosts).toEqual(["api.example.com", "10.1.2.0/24"]);
    expect(router.tokenResources).toEqual(["api://a"]);
  });

  test("that are empty count as absent", () => {
    const empty = {
      HEARTBEAT_MS: "",
      TICK_MS: "",
      DRAIN_MS: "",
      INTERROLE_FAULT_POINTS: "",
      EXAMPLE_CONTROLLER_SCHEDULE: "",
    };
    expect(read(empty)).toEqual(read());
    expect(refusal({ ServiceBus: "" })).toBe(
      "The setting ServiceBus is missing: set it to a connection string, or set ServiceBus__fullyQualifiedNamespace to use the app's managed identity",
    );
  });

  test("that belong to others are left alone", () => {
    expect(read({ FUNCTIONS_WORKER_RUNTIME: "node", PATH: "/bin" })).toEqual(read());
  });
});

describe("in Azure", () => {
  test("services are reached by name with the app's identity", () => {
    const config = read({
      ServiceBus: undefined,
      Tables: undefined,
      ServiceBus__fullyQualifiedNamespace: "ns.servicebus.windows.net",
      Tables__endpoint: "https://acc.table.core.windows.net",
      AZURE_CLIENT_ID: "id",
    });
    expect(config.bus).toEqual({ host: "ns.servicebus.windows.net", clientId: "id" });
    expect(config.tables).toEqual({ host: "https://acc.table.core.windows.net", clientId: "id" });
  });

  test("the bus may have an identity of its own", () => {
    const config = read({
      ServiceBus: undefined,
      ServiceBus__fullyQualifiedNamespace: "ns",
      ServiceBus__clientId: "own",
      AZURE_CLIENT_ID: "id",
    });
    expect(config.bus).toEqual({ host: "ns", clientId: "own" });
  });

  test("the platform's host name is where clients reach the instance", () => {
    expect(read({ INSTANCE_URL: undefined, WEBSITE_HOSTNAME: "web-0.azurewebsites.net" }).url).toBe(
      "https://web-0.azurewebsites.net",
    );
  });
});

describe("a wrong setting is refused by its name, with what to do", () => {
  test("several at once", () => {
    const told = refusal({
      INSTANCE_ID: undefined,
      ROLE_NAME: "we b",
      TICK_MS: "soon",
      RECYCLE_MODE: "reboot",
    });
    for (const name of ["INSTANCE_ID", "ROLE_NAME", "TICK_MS", "RECYCLE_MODE"])
      expect(told).toContain(`${name}: `);
    expect(told).toContain("Set them as app settings or in local.settings.json");
  });

  test.each([
    ["HEARTBEAT_MS", "99"],
    ["HEARTBEAT_MS", "300001"],
    ["TICK_MS", "49"],
    ["TICK_MS", "1.5"],
    ["DRAIN_MS", "-1"],
    ["EXAMPLE_CONTROLLER_TARGET", "*"],
  ])("%s=%s", (name, value) => {
    expect(refusal({ [name]: value })).toContain(`${name}: `);
  });

  test("restarting the app needs to know which", () => {
    expect(refusal({ RECYCLE_MODE: "restart-app" })).toContain("SITE_RESOURCE_ID");
    expect(read({ RECYCLE_MODE: "restart-app", SITE_RESOURCE_ID: "/subscriptions/s" })).toMatchObject({
      recycleMode: "restart-app",
      siteResourceId: "/subscriptions/s",
    });
  });

  test("an instance that nobody can reach", () => {
    expect(refusal({ INSTANCE_URL: undefined })).toBe(
      "The setting INSTANCE_URL is missing: set it to the base URL of this instance",
    );
  });
});

test("the example controller is on when it has a schedule, and then recycles web unless told otherwise", () => {
  expect(read({ EXAMPLE_CONTROLLER_SCHEDULE: "0 * * * * *" }).exampleController).toEqual({
    schedule: "0 * * * * *",
    target: "web",
  });
  expect(
    read({ EXAMPLE_CONTROLLER_SCHEDULE: "0 * * * * *", EXAMPLE_CONTROLLER_TARGET: "api" }).exampleController
      ?.target,
  ).toBe("api");
});
