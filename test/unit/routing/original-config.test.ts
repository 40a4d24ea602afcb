import { describe, expect, test } from "vitest";
import { localRun } from "../../../shared/routing/outbound-policy.ts";
import { matchMessage } from "../../../shared/routing/match.ts";
import { convertOriginal } from "../../../shared/routing/original-config.ts";
import { readTable } from "../../../shared/routing/read-table.ts";
import { endpointsIn, rules, viewOf } from "./table-with.ts";

const section = (routing: string, more = ""): string => `<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <system.serviceModel>
    <services>
      <service behaviorConfiguration="routing" name="System.ServiceModel.Routing.RoutingService">
        <host><baseAddresses><add baseAddress="http://localhost/routing/router" /></baseAddresses></host>
        <endpoint address="general" binding="wsHttpBinding" contract="System.ServiceModel.Routing.IRequestReplyRouter" name="routerEndpoint" />
        <endpoint address="rounding/calc" binding="wsHttpBinding" contract="System.ServiceModel.Routing.IRequestReplyRouter" name="rounding endpoint" />
      </service>
    </services>
    <behaviors><serviceBehaviors><behavior name="routing">
      <routing routeOnHeadersOnly="False" filterTableName="table1" />
    </behavior></serviceBehaviors></behaviors>
    <client>
      <endpoint name="regular" address="http://localhost:9090/regular" binding="basicHttpBinding" contract="*" />
      <endpoint name="rounding" address="http://localhost:9090/rounding" binding="wsHttpBinding" contract="*" />
      <endpoint name="far" address="net.tcp://localhost:9090/far" binding="netTcpBinding" contract="*" />
    </client>
    <routing>${routing}</routing>${more}
  </system.serviceModel>
</configuration>`;

const full = section(`
  <namespaceTable><add prefix="custom" namespace="http://my.custom.namespace/" /></namespaceTable>
  <filters>
    <filter name="XPathFilter" filterType="XPath" filterData="sm:header()/custom:RoundingCalculator = 'rounding'" />
    <filter name="ByName" filterType="EndpointName" filterData="rounding endpoint" />
    <filter name="Prefix" filterType="PrefixEndpointAddress" filterData="http://localhost/routing/router/general" />
    <filter name="Both" filterType="And" filter1="XPathFilter" filter2="Prefix" />
    <filter name="Turns" filterType="Custom" customType="My.RoundRobinFilter, My" filterData="group1" />
    <filter name="Odd" filterType="Strange" filterData="x" />
  </filters>
  <filterTables>
    <filterTable name="other"><add filterName="ByName" endpointName="regular" /></filterTable>
    <filterTable name="table1">
      <add filterName="Both" endpointName="rounding" priority="2" backupList="spares" />
      <add filterName="ByName" endpointName="rounding" priority="1" />
      <add filterName="Prefix" endpointName="regular" priority="0" />
      <add filterName="Prefix" endpointName="far" priority="0" />
    </filterTable>
  </filterTables>
  <backupLists><backupList name="spares"><add endpointName="regular" /><add endpointName="far" /></backupList></backupLists>`);

const soap = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>
  <RoundingCalculator xmlns="http://my.custom.namespace/">rounding</RoundingCalculator></s:Header><s:Body/></s:Envelope>`;

describe("a configuration of the original engine", () => {
  const { table, notes } = convertOriginal(full, { name: "calc" });

  test("becomes a table that decides as it did", () => {
    const customFilters = new Map([["RoundRobinFilter", () => true]]);
    const compiled = readTable(JSON.stringify(table), { ...rules, customFilters, outbound: localRun });
    const address = "http://localhost/routing/router/general";
    const sent = (inbound: string, body: string, to = address) =>
      matchMessage(compiled, viewOf({ inbound, body, address: to }));
    expect(endpointsIn(sent("routerEndpoint", soap))).toEqual(["rounding"]);
    expect(endpointsIn(sent("routerEndpoint", "<a/>"))).toEqual(["regular"]);
    expect(
      endpointsIn(sent("rounding-endpoint", "<a/>", "http://localhost/routing/router/rounding/calc")),
    ).toEqual(["rounding"]);
    expect(sent("routerEndpoint", soap)).toMatchObject({ branches: [{ backups: ["regular"] }] });
  });

  test("keeps what it says of endpoints", () => {
    expect(table).toMatchObject({
      routeOnHeadersOnly: false,
      soapProcessingEnabled: true,
      inbound: {
        routerEndpoint: { exchange: "request-reply", address: "http://localhost/routing/router/general" },
      },
      endpoints: {
        regular: { exchange: "request-reply", soapVersion: "1.1" },
        rounding: { soapVersion: "1.2" },
      },
      filters: { Turns: { type: "Custom", name: "RoundRobinFilter", data: "group1" } },
    });
  });

  test("has everything named that could not be converted", () => {
    expect(notes.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      "client.far: its address 'net.tcp://localhost:9090/far' cannot be used here: give another, or it is left out with its entries",
      "filters.Turns: register the custom filter 'RoundRobinFilter' in code",
      "filters.Odd: its type 'Strange' is not known: left out",
      "backupLists.spares: endpoint 'far' is not there: left out",
      "filterTables.other: another filter table is in use: left out",
      "filterTables.3: 'far' is not there: left out",
    ]);
  });

  test("can be given other addresses for those that cannot be used here", () => {
    const given = convertOriginal(full, { name: "calc", addresses: { far: "http://localhost:9091/far" } });
    expect(given.table["endpoints"]).toHaveProperty("far.address", "http://localhost:9091/far");
    expect(given.notes.map(({ path }) => path)).not.toContain("client.far");
  });
});

test("routing on headers only is what the original does when nothing is said", () => {
  expect(convertOriginal("<routing/>", { name: "x" }).table).toMatchObject({ routeOnHeadersOnly: true });
});

test("a text without a routing section is told as such, and one that is no XML is refused", () => {
  expect(convertOriginal("<configuration/>", { name: "x" }).notes).toEqual([
    { path: "routing", message: "there is no <routing> section" },
  ]);
  expect(() => convertOriginal("<a", { name: "x" })).toThrow("is not well-formed XML");
});
