import type { InputFault } from "../kernel/problem.ts";
import { convertFilters } from "./original-filters.ts";
import { child, children, toName } from "./original-names.ts";
import { parseXml, type XmlNode } from "./xml-document.ts";

/** A table made from the configuration of the original engine, to be read like any other, and what of it could not be taken over. */
export interface Converted {
  table: Record<string, unknown>;
  notes: InputFault[];
}

export interface ConvertOptions {
  name: string;
  /** Addresses for client endpoints whose own cannot be used here (net.tcp and the like), by endpoint name. */
  addresses?: Readonly<Record<string, string>>;
}

const exchanges: Readonly<Record<string, string>> = {
  ISimplexDatagramRouter: "one-way",
  ISimplexSessionRouter: "one-way",
  IRequestReplyRouter: "request-reply",
  IDuplexSessionRouter: "duplex",
};
const soapVersions: Readonly<Record<string, string>> = {
  basicHttpBinding: "1.1",
  wsHttpBinding: "1.2",
  ws2007HttpBinding: "1.2",
};
const routingService = "System.ServiceModel.Routing.RoutingService";

/**
 * Converts a `<system.serviceModel>` section with its routing tables and client endpoints. Throws XmlFault when the text is no XML. What cannot be
 * converted is left out and named, with its place.
 */
export function convertOriginal(text: string, { name, addresses = {} }: ConvertOptions): Converted {
  const notes: InputFault[] = [];
  const root = parseXml(text.replace(/^\uFEFF?\s*/, "")).documentElement;
  const model = root && (root.localName === "configuration" ? child(root, "system.serviceModel") : root);
  const routing = model?.localName === "routing" ? model : child(model, "routing");
  if (!model || !routing)
    return { table: { name }, notes: [{ path: "routing", message: "there is no <routing> section" }] };
  const behaviour = behaviourOf(model);
  const inbound = convertServices(model, notes);
  const endpoints = convertClients(model, inbound, addresses, notes);
  const filters = convertFilters(routing, notes);
  const backupLists = convertBackups(routing, endpoints, notes);
  const entries = convertEntries(routing, behaviour, { filters, endpoints, backupLists }, notes);
  return {
    table: {
      name,
      // These are true in the original unless said otherwise.
      routeOnHeadersOnly: isTrue(behaviour?.attribute("routeOnHeadersOnly")),
      soapProcessingEnabled: isTrue(
        behaviour?.attribute("soapProcessingEnabled") ?? behaviour?.attribute("SoapProcessingEnabled"),
      ),
      namespaces: convertNamespaces(routing),
      inbound,
      endpoints,
      filters,
      backupLists,
      entries,
    },
    notes,
  };
}

const isTrue = (text: string | undefined): boolean => text?.trim().toLowerCase() !== "false";

function behaviourOf(model: XmlNode): XmlNode | undefined {
  const all = children(child(child(model, "behaviors"), "serviceBehaviors"), "behavior");
  return all.map((behaviour) => child(behaviour, "routing")).find((routing) => routing !== undefined);
}

function convertServices(model: XmlNode, notes: InputFault[]): Record<string, Record<string, unknown>> {
  const inbound: Record<string, Record<string, unknown>> = {};
  const services = children(child(model, "services"), "service").filter(
    (one) => one.attribute("name") === routingService,
  );
  for (const service of services) {
    const base = child(child(child(service, "host"), "baseAddresses"), "add")?.attribute("baseAddress");
    children(service, "endpoint").forEach((endpoint, index) => {
      const contract = endpoint.attribute("contract")?.split(".").at(-1) ?? "";
      const exchange = exchanges[contract];
      const name = toName(
        endpoint.attribute("name") || endpoint.attribute("address") || `endpoint${index + 1}`,
      );
      if (!exchange) {
        notes.push({
          path: `services.${name}`,
          message: `its contract '${contract}' is none of the routing service: left out`,
        });
        return;
      }
      const address = joinAddress(base, endpoint.attribute("address") ?? "");
      inbound[name] = { exchange, ...(address ? { address } : {}) };
    });
  }
  if (Object.keys(inbound).length === 0) {
    notes.push({
      path: "services",
      message: `${routingService} has no endpoint: one inbound endpoint 'default' is assumed, request-reply`,
    });
    inbound["default"] = { exchange: "request-reply" };
  }
  return inbound;
}

function joinAddress(base: string | undefined, address: string): string {
  if (!base || URL.canParse(address)) return address;
  return address === "" ? base : `${base.replace(/\/$/, "")}/${address.replace(/^\//, "")}`;
}

function convertClients(
  model: XmlNode,
  inbound: Readonly<Record<string, Record<string, unknown>>>,
  addresses: Readonly<Record<string, string>>,
  notes: InputFault[],
): Record<string, Record<string, unknown>> {
  const exchangesUsed = [...new Set(Object.values(inbound).map(({ exchange }) => exchange))];
  const endpoints: Record<string, Record<string, unknown>> = {};
  for (const endpoint of children(child(model, "client"), "endpoint")) {
    const original = endpoint.attribute("name") ?? "";
    const name = toName(original);
    const path = `client.${name}`;
    const contract = endpoint.attribute("contract")?.split(".").at(-1) ?? "*";
    const exchange = exchanges[contract] ?? exchangesUsed[0];
    const address =
      (Object.hasOwn(addresses, original) ? addresses[original] : undefined) ??
      endpoint.attribute("address") ??
      "";
    if (!/^(?:https?|queue|topic|session|user|router):/i.test(address)) {
      notes.push({
        path,
        message: `its address '${address}' cannot be used here: give another, or it is left out with its entries`,
      });
      continue;
    }
    if (!exchanges[contract] && exchangesUsed.length > 1) {
      notes.push({
        path,
        message: `its contract '${contract}' leaves the exchange open: ${String(exchange)} is assumed`,
      });
    }
    const soapVersion = /^https?:/i.test(address)
      ? soapVersions[endpoint.attribute("binding") ?? ""]
      : undefined;
    endpoints[name] = { address, exchange, ...(soapVersion ? { soapVersion } : {}) };
  }
  return endpoints;
}

function convertNamespaces(routing: XmlNode): Record<string, string> {
  const all = children(child(routing, "namespaceTable"), "add");
  return Object.fromEntries(
    all.map((one) => [one.attribute("prefix") ?? "", one.attribute("namespace") ?? ""]),
  );
}

function convertBackups(routing: XmlNode, endpoints: object, notes: InputFault[]): Record<string, string[]> {
  const lists = children(child(routing, "backupLists"), "backupList").map((list): [string, string[]] => {
    const name = toName(list.attribute("name") ?? "");
    const members = children(list, "add").map((one) => toName(one.attribute("endpointName") ?? ""));
    const kept = members.filter((member) => Object.hasOwn(endpoints, member));
    for (const member of members) {
      if (!kept.includes(member))
        notes.push({ path: `backupLists.${name}`, message: `endpoint '${member}' is not there: left out` });
    }
    return [name, kept];
  });
  return Object.fromEntries(lists.filter(([, members]) => members.length > 0));
}

function convertEntries(
  routing: XmlNode,
  behaviour: XmlNode | undefined,
  known: Readonly<Record<"filters" | "endpoints" | "backupLists", object>>,
  notes: InputFault[],
): Record<string, unknown>[] {
  const tables = children(child(routing, "filterTables"), "filterTable");
  const wanted = behaviour?.attribute("filterTableName");
  const used = tables.find((one) => one.attribute("name") === wanted) ?? tables[0];
  for (const table of tables) {
    if (table !== used)
      notes.push({
        path: `filterTables.${table.attribute("name")}`,
        message: "another filter table is in use: left out",
      });
  }
  return children(used, "add").flatMap((add, index) => {
    const [filter, endpoint] = [
      toName(add.attribute("filterName") ?? ""),
      toName(add.attribute("endpointName") ?? ""),
    ];
    const backupList = toName(add.attribute("backupList") ?? "");
    const missing = Object.hasOwn(known.filters, filter)
      ? Object.hasOwn(known.endpoints, endpoint)
        ? undefined
        : endpoint
      : filter;
    if (missing !== undefined) {
      notes.push({ path: `filterTables.${index}`, message: `'${missing}' is not there: left out` });
      return [];
    }
    const priority = Number(add.attribute("priority") ?? 0);
    const hasBackups = backupList !== "" && Object.hasOwn(known.backupLists, backupList);
    if (backupList !== "" && !hasBackups)
      notes.push({
        path: `filterTables.${index}`,
        message: `backup list '${backupList}' is not there: left out`,
      });
    return [{ filter, endpoint, priority, ...(hasBackups ? { backupList } : {}) }];
  });
}
