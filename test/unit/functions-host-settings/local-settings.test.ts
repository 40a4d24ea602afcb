import { describe, expect, it } from "vitest";
import { settingsOf } from "../../support/app-settings.ts";

describe("local.settings.json", () => {
  it("may hold a byte order mark, comments and trailing commas", () => {
    const settings = settingsOf({
      local: '\uFEFF{\n  // the role\n  "Values": { "ROLE_NAME": "web", },\n}',
    });
    expect(settings.get("ROLE_NAME")).toBe("web");
  });

  it("gives numbers and booleans as texts", () => {
    const settings = settingsOf({ local: { Values: { COUNT: 3, ON: true, NONE: null } } });
    expect([settings.get("COUNT"), settings.get("ON"), settings.get("NONE")]).toEqual([
      "3",
      "true",
      undefined,
    ]);
  });

  it("loses to the environment, and says where", () => {
    const settings = settingsOf({
      local: { Values: { ROLE_NAME: "web", OTHER: "x" } },
      env: { role_name: "api" },
    });
    expect(settings.get("ROLE_NAME")).toBe("api");
    expect(settings.shadowed).toEqual(["ROLE_NAME"]);
  });

  it("treats a double underscore as a colon and takes no notice of case", () => {
    const settings = settingsOf({ local: { Values: { Section__Key: "v" } } });
    expect(settings.get("section:key")).toBe("v");
  });

  it("gives the local server's port and origins", () => {
    const { server } = settingsOf({
      local: { Host: { LocalHttpPort: 7075, CORS: "http://a, http://b", CORSCredentials: true } },
    });
    expect(server).toEqual({ httpPort: 7075, cors: ["http://a", "http://b"], corsCredentials: true });
  });

  it("may be missing", () => {
    expect(settingsOf().server).toEqual({ cors: [], corsCredentials: false });
  });

  it("is refused with the place of the mistake", () => {
    expect(() => settingsOf({ local: '{\n  "Values": { "A": }\n}' })).toThrow(
      /local\.settings\.json is not valid JSON: ValueExpected at line 2, column 20/,
    );
  });

  it("is refused when a value is no scalar", () => {
    expect(() => settingsOf({ local: { Values: { A: { b: 1 } } } })).toThrow(
      /local\.settings\.json: Values\.A must be a text, a number or a boolean/,
    );
  });

  it("is refused when it is encrypted, with what to do", () => {
    expect(() => settingsOf({ local: { IsEncrypted: true } })).toThrow(/func settings decrypt/);
  });
});

describe("the worker's environment", () => {
  it("holds the app's settings, connection strings and the platform's own", () => {
    const environment = settingsOf({
      local: { Values: { A: "file", B: "file" }, ConnectionStrings: { Sql: "Server=x" } },
      env: { B: "env" },
    }).workerEnvironment();
    expect(environment).toMatchObject({
      A: "file",
      B: "env",
      "ConnectionStrings:Sql": "Server=x",
      AZURE_FUNCTIONS_ENVIRONMENT: "Development",
      FUNCTIONS_WORKER_RUNTIME: "node",
      AzureWebJobsScriptRoot: expect.stringContaining("interrole-app-"),
    });
  });
});

describe("a function", () => {
  it.each(["AzureWebJobs.hello.Disabled", "AzureWebJobs_hello_Disabled"])("is switched off by %s", (name) => {
    expect(settingsOf({ env: { [name]: "1" } }).isDisabled("hello")).toBe(true);
    expect(settingsOf({ env: { [name]: "True" } }).isDisabled("hello")).toBe(true);
    expect(settingsOf({ env: { [name]: "false" } }).isDisabled("hello")).toBe(false);
  });

  it("is on when nothing says otherwise", () => {
    expect(settingsOf().isDisabled("hello")).toBe(false);
  });
});
