import type { InputFault } from "../kernel/problem.ts";
import { parseAddress, type Address } from "./address.ts";
import { operandsOf, orderFilters } from "./filter-order.ts";
import { routingLimits as limits } from "./limits.ts";
import { whyRefused, type OutboundPolicy } from "./outbound-policy.ts";
import { exchangeOf, findUnreachable } from "./reach.ts";
import { endpointsOf, own, type Endpoint, type RoutingTable } from "./table.ts";

/** What a table is held to beside its form. */
export interface TableRules {
  outbound: OutboundPolicy;
  /** Queues and topics that are the fleet's own: a table that wrote to them could command it. */
  reservedEntities: ReadonlySet<string>;
  /** Resources for which a table may have tokens of the app's identity: with any other a table could send the app's own rights elsewhere. */
  tokenResources: ReadonlySet<string>;
}

/** Finds what is wrong with a table of sound form: names that lead nowhere, cycles, exchanges and addresses that do not fit. */
export function checkTable(table: RoutingTable, rules: TableRules): InputFault[] {
  const faults: InputFault[] = [];
  const tell = (path: string, message: string): void => {
    faults.push({ path, message });
  };
  for (const [name, endpoint] of Object.entries(table.endpoints)) {
    const fault = faultOfEndpoint(table, endpoint, rules);
    if (fault) tell(`endpoints.${name}.${fault.path}`, fault.message);
  }
  checkLists(table, tell);
  checkFilters(table, tell);
  checkEntries(table, tell);
  // Reach is judged only where every name leads somewhere.
  return faults.length > 0 ? faults : findUnreachable(table);
}

type Tell = (path: string, message: string) => void;

function faultOfEndpoint(table: RoutingTable, endpoint: Endpoint, rules: TableRules): InputFault | undefined {
  const address = parseAddress(endpoint.address);
  if ("fault" in address) return { path: "address", message: address.fault };
  const refusal = whyNotAllowed(address, rules);
  if (refusal) return { path: "address", message: refusal };
  if (address.kind !== "http" && (endpoint.authentication || endpoint.soapVersion)) {
    const path = endpoint.authentication ? "authentication" : "soapVersion";
    return { path, message: "is for http(s) addresses only" };
  }
  const { authentication } = endpoint;
  if (authentication?.type === "managed-identity" && !rules.tokenResources.has(authentication.resource)) {
    return {
      path: "authentication.resource",
      message: `tokens for '${authentication.resource}' are not allowed to leave the app`,
    };
  }
  return faultOfExchange(table, endpoint, address);
}

function whyNotAllowed(address: Address, { outbound, reservedEntities }: TableRules): string | undefined {
  if (address.kind === "http") return whyRefused(address.url, outbound);
  if (
    (address.kind === "queue" || address.kind === "topic") &&
    reservedEntities.has(address.entity.toLowerCase())
  ) {
    return `the ${address.kind} '${address.entity}' is the fleet's own`;
  }
  return undefined;
}

function faultOfExchange(table: RoutingTable, endpoint: Endpoint, address: Address): InputFault | undefined {
  if (address.kind === "router" && (address.table === undefined || address.table === table.name)) {
    const inbound = own(table.inbound, address.inbound);
    if (!inbound)
      return { path: "address", message: `there is no inbound endpoint '${address.inbound}' in this table` };
    if (inbound.exchange !== endpoint.exchange) {
      return {
        path: "exchange",
        message: `is ${endpoint.exchange}, but inbound endpoint '${address.inbound}' is ${inbound.exchange}`,
      };
    }
  }
  if (endpoint.exchange === "request-reply" && address.kind !== "http" && address.kind !== "router") {
    return {
      path: "exchange",
      message: `request-reply needs an http(s) or router address: a ${address.kind} gives no answer`,
    };
  }
  return undefined;
}

function checkLists(table: RoutingTable, tell: Tell): void {
  for (const [name, choice] of Object.entries(table.choices)) {
    if (own(table.endpoints, name))
      tell(`choices.${name}`, "is also the name of an endpoint: entries could mean either");
    checkMembers(table, `choices.${name}.endpoints`, endpointsOf(table, { endpoint: name }), tell);
    const exchanges = new Set(
      endpointsOf(table, { endpoint: name }).map((e) => own(table.endpoints, e)?.exchange),
    );
    if (exchanges.size > 1 && !exchanges.has(undefined)) {
      tell(
        `choices.${name}.endpoints`,
        `must all have one exchange, not ${[...exchanges].join(" and ")}: ${choice.policy} would change it`,
      );
    }
  }
  for (const [name, list] of Object.entries(table.backupLists))
    checkMembers(table, `backupLists.${name}`, list, tell);
}

function checkMembers(table: RoutingTable, path: string, members: readonly string[], tell: Tell): void {
  members.forEach((member, index) => {
    if (!own(table.endpoints, member)) tell(`${path}.${index}`, `there is no endpoint '${member}'`);
    if (members.indexOf(member) !== index) tell(`${path}.${index}`, `names '${member}' twice`);
  });
}

function checkFilters(table: RoutingTable, tell: Tell): void {
  const { heights, cyclic } = orderFilters(new Map(Object.entries(table.filters)));
  for (const name of cyclic)
    tell(`filters.${name}`, "names itself, through the filters that it names, or names one that does");
  for (const [name, filter] of Object.entries(table.filters)) {
    const path = `filters.${name}`;
    operandsOf(filter).forEach((operand, index) => {
      const place = filter.type === "Not" ? `${path}.filter` : `${path}.filters.${index}`;
      if (!own(table.filters, operand)) tell(place, `there is no filter '${operand}'`);
    });
    if ((heights.get(name) ?? 0) > limits.maxFilterDepth) {
      tell(path, `names filters in each other deeper than ${limits.maxFilterDepth} levels`);
    }
    if (filter.type === "EndpointName" && !own(table.inbound, filter.name)) {
      tell(`${path}.name`, `there is no inbound endpoint '${filter.name}'`);
    }
  }
}

function checkEntries(table: RoutingTable, tell: Tell): void {
  const seen = new Map<string, number>();
  table.entries.forEach((entry, index) => {
    const path = `entries.${index}`;
    if (!own(table.filters, entry.filter)) tell(`${path}.filter`, `there is no filter '${entry.filter}'`);
    const isKnown = own(table.endpoints, entry.endpoint) ?? own(table.choices, entry.endpoint);
    if (!isKnown) tell(`${path}.endpoint`, `there is no endpoint or choice '${entry.endpoint}'`);
    const key = JSON.stringify([entry.filter, entry.endpoint]);
    const first = seen.get(key);
    if (first !== undefined) tell(path, `is the same filter and endpoint as entries.${first}`);
    seen.set(key, first ?? index);
    if (entry.backupList !== undefined)
      checkBackups(table, entry.endpoint, entry.backupList, `${path}.backupList`, tell);
  });
}

function checkBackups(
  table: RoutingTable,
  endpoint: string,
  listName: string,
  path: string,
  tell: Tell,
): void {
  const list = own(table.backupLists, listName);
  if (!list) return tell(path, `there is no backup list '${listName}'`);
  const exchange = exchangeOf(table, endpoint);
  const firsts = endpointsOf(table, { endpoint });
  for (const backup of list) {
    const other = own(table.endpoints, backup)?.exchange;
    if (other && exchange && other !== exchange) {
      tell(path, `'${backup}' is ${other}, but '${endpoint}' is ${exchange}: it cannot stand in for it`);
    }
    if (firsts.length === 1 && firsts[0] === backup) tell(path, `'${backup}' is its own backup`);
  }
}
