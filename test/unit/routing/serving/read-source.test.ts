import { describe, expect, test } from "vitest";
import { Problem } from "../../../../shared/kernel/problem.ts";
import { readSource } from "../../../../shared/routing/serving/read-source.ts";
import { tableTo } from "../../../support/routing-instance.ts";

const original = (client: string) => `<?xml version="1.0"?>
<system.serviceModel>
  <services>
    <service name="System.ServiceModel.Routing.RoutingService">
      <endpoint name="in" address="" contract="System.ServiceModel.Routing.ISimplexDatagramRouter" />
    </service>
  </services>
  <client>${client}</client>
  <routing>
    <filters><filter name="all" filterType="MatchAll" /></filters>
    <filterTables><filterTable name="t"><add filterName="all" endpointName="echo" /></filterTable></filterTables>
  </routing>
</system.serviceModel>`;
const http =
  '<endpoint name="echo" address="http://echo.example.com/" binding="basicHttpBinding" contract="*" />';
const tcp =
  '<endpoint name="echo" address="net.tcp://echo.example.com/" binding="netTcpBinding" contract="*" />';

function refusal(act: () => unknown): Problem {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("It was not refused");
}

describe("a table", () => {
  test("is read from JSON, with its defaults filled in", () => {
    const { table, source, notes } = readSource(JSON.stringify(tableTo("one")), { name: "default" });
    expect([table, source, notes]).toEqual([tableTo("one"), "json", []]);
  });

  test("must be called what it is stored as", () => {
    const { errors } = refusal(() => readSource(JSON.stringify(tableTo("one")), { name: "other" }));
    expect(errors).toEqual([{ path: "name", message: expect.stringContaining("'default'") }]);
  });

  test("that is no JSON, or nested without end, is refused in words", () => {
    expect(refusal(() => readSource("{", { name: "default" })).message).toMatch(/not JSON/);
    const deep = `{"name":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(refusal(() => readSource(deep, { name: "default" })).message).toMatch(/deeper/);
  });
});

describe("an original configuration", () => {
  test("is converted", () => {
    const { table, source, notes } = readSource(original(http), { name: "default" });
    expect([source, notes]).toEqual(["xml", []]);
    expect(table.endpoints["echo"]).toMatchObject({
      address: "http://echo.example.com/",
      soapVersion: "1.1",
    });
    expect(table.entries).toMatchObject([{ filter: "all", endpoint: "echo" }]);
  });

  test("names what cannot be converted", () => {
    const { notes } = readSource(original(tcp), { name: "default" });
    expect(notes.map(({ path }) => path)).toEqual(["client.echo", "filterTables.0"]);
  });

  test("takes the address of the environment for an endpoint that cannot be called from here", () => {
    const options = { name: "default", addresses: { echo: "queue:echo" } };
    const { table, notes } = readSource(original(tcp), options);
    expect([table.endpoints["echo"]?.address, notes]).toEqual(["queue:echo", []]);
  });

  test("that is broken, or has entities, is refused in words", () => {
    expect(refusal(() => readSource("<a><b></a>", { name: "default" })).kind).toBe("invalid-request");
    const entity = '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>';
    expect(refusal(() => readSource(entity, { name: "default" })).kind).toBe("invalid-request");
    const none = refusal(() => readSource("<system.serviceModel/>", { name: "default" }));
    expect(none.errors[0]).toEqual({ path: "routing", message: "there is no <routing> section" });
  });
});
