import { describe, expect, it } from "vitest";
import { settingsOf } from "../../support/app-settings.ts";

const endpoint = "Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=n;SharedAccessKey=topsecret";

function connectionOf(env: Record<string, string>, name?: string) {
  return settingsOf({ env }).connection(name);
}

describe("a connection", () => {
  const asText = { kind: "string", connectionString: endpoint };

  it("is the setting of its name", () => {
    expect(connectionOf({ Bus: endpoint }, "Bus")).toEqual(asText);
  });

  it("is the setting of its name after AzureWebJobs", () => {
    expect(connectionOf({ AzureWebJobsBus: endpoint }, "Bus")).toEqual(asText);
  });

  it("is called AzureWebJobsServiceBus when a binding names none", () => {
    expect(connectionOf({ AzureWebJobsServiceBus: endpoint }, undefined)).toEqual(asText);
    expect(connectionOf({ AzureWebJobsServiceBus: endpoint }, "")).toEqual(asText);
  });

  it("is found among the connection strings first", () => {
    const settings = settingsOf({
      local: { ConnectionStrings: { Bus: endpoint }, Values: { Bus: "other" } },
    });
    expect(settings.connection("Bus")).toEqual(asText);
  });

  it("is an identity when only a namespace is given", () => {
    expect(connectionOf({ Bus__fullyQualifiedNamespace: "x.servicebus.windows.net" }, "Bus")).toEqual({
      kind: "identity",
      fullyQualifiedNamespace: "x.servicebus.windows.net",
      identity: {},
    });
  });

  it("takes the identity's options", () => {
    const env = {
      Bus__fullyQualifiedNamespace: "x.servicebus.windows.net",
      Bus__credential: "managedIdentity",
      Bus__clientId: "id",
    };
    expect(connectionOf(env, "Bus")).toMatchObject({
      identity: { credential: "managedidentity", clientId: "id" },
    });
  });

  it("is a text rather than an identity when both are given", () => {
    const env = { Bus: endpoint, Bus__fullyQualifiedNamespace: "x.servicebus.windows.net" };
    expect(connectionOf(env, "Bus")).toEqual(asText);
  });

  it("is refused when it is not set", () => {
    expect(() => connectionOf({}, "Bus")).toThrow(
      "Service Bus connection 'Bus' does not exist. Make sure that it is a defined App Setting.",
    );
  });

  it("is refused when neither a text nor a namespace is given", () => {
    expect(() => connectionOf({ Bus__clientId: "id" }, "Bus")).toThrow(/'fullyQualifiedNamespace' property/);
  });

  it("is refused when the kind of identity is not known", () => {
    const env = { Bus__fullyQualifiedNamespace: "x", Bus__credential: "workloadidentity" };
    expect(() => connectionOf(env, "Bus")).toThrow(
      /'workloadidentity', but this host knows only 'managedidentity'/,
    );
  });

  it("keeps a secret that was given in the place of a name out of the message", () => {
    expect(() => connectionOf({}, endpoint)).toThrow(/<< REDACTED >>/);
    expect(() => connectionOf({}, endpoint)).not.toThrow(/topsecret/);
  });
});
