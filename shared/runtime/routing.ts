import { readFile } from "node:fs/promises";
import { connectBus } from "../bus/connect.ts";
import { Outbox } from "../bus/outbox.ts";
import type { Config } from "../kernel/config.ts";
import { appCredential, clientIdOf } from "../kernel/credential.ts";
import { parseValue } from "../kernel/parse.ts";
import type { CustomFilter } from "../routing/compile-filter.ts";
import { branchLog } from "../routing/branch/log.ts";
import { Branches } from "../routing/branch/branches.ts";
import { decisionLog } from "../routing/decision/log.ts";
import { Inbox } from "../routing/decision/inbox.ts";
import { Replayer } from "../routing/decision/replay.ts";
import { Router } from "../routing/decision/router.ts";
import { Endpoints } from "../routing/endpoint/endpoints.ts";
import type { EndpointPorts } from "../routing/endpoint/ports.ts";
import { resolveHost } from "../routing/endpoint/resolve.ts";
import { forgetLog, ForgetRouted } from "../routing/forget-routed.ts";
import { DesiredState } from "../routing/repository/desired.ts";
import { LoadFailures } from "../routing/repository/events.ts";
import { RoutingTables } from "../routing/repository/tables.ts";
import { tablesLog } from "../routing/serving/log.ts";
import { Loader } from "../routing/serving/loader.ts";
import { peekUnmatched } from "../routing/decision/unmatched.ts";
import { makeReadRules, outboundPolicyOf } from "../routing/serving/read-rules.ts";
import { Recorded } from "../routing/serving/recorded.ts";
import { RoutingManager } from "../routing/serving/routing-manager.ts";
import { Serving } from "../routing/serving/serving.ts";
import { Trials } from "../routing/serving/trials.ts";
import { contentSchema } from "../presence/message.ts";
import type { PresenceSlice } from "./presence.ts";
import type { Edges } from "./edges.ts";
import type { Fleet } from "./fleet.ts";

/** Which table routes here, and what may be done about that. */
function makeTables(
  config: Config,
  { tables, outbox, clock, log }: Edges,
  { registration, directory }: Fleet,
  customFilters: ReadonlyMap<string, CustomFilter>,
) {
  const { router, instance, role } = config;
  const readTableFile = () => readFile(router.file ?? "", "utf8");
  const routingTables = new RoutingTables(tables.routing, clock);
  const desired = new DesiredState(tables.routing, clock);
  const loadFailures = new LoadFailures(tables.routing);
  const now = () => clock.now().getTime();
  const tableLoader = new Loader({
    repository: routingTables,
    rulesFor: makeReadRules(router, { customFilters, now }),
    readFile: readTableFile,
  });
  const tellTables = tablesLog(log);
  const serving = new Serving({
    repository: routingTables,
    desired,
    failures: loadFailures,
    loader: tableLoader,
    self: { role, instance, table: router.table },
    bootSource: router.bootSource,
    runtimeSource: router.runtimeSource,
    readFile: readTableFile,
    publish: (status) => registration.setTables(status),
    publishNow: () => registration.heartbeat(),
    clock,
    log: tellTables,
  });
  const routingManager = new RoutingManager({
    repository: routingTables,
    desired,
    loader: tableLoader,
    readFleet: () => directory.read(),
    outbox,
    self: { instance, table: router.table },
    isFromFile: router.runtimeSource === "file",
    log: tellTables,
  });
  const recorded = new Recorded();
  const trials = new Trials({
    tables: serving,
    repository: routingTables,
    loader: tableLoader,
    recorded,
    peekUnmatched: (limit) => peekUnmatched(() => connectBus(config.bus), limit),
  });
  return { routingTables, loadFailures, tableLoader, serving, routingManager, recorded, trials };
}

/** The way of a message: decided, sent to its endpoints, answered. */
export function makeRouting(
  config: Config,
  edges: Edges,
  fleet: Fleet,
  presence: PresenceSlice,
  customFilters: ReadonlyMap<string, CustomFilter>,
) {
  const { tables, outbox, clock, faults, log, logs } = edges;
  const tellBranch = branchLog(log);
  const side = makeTables(config, edges, fleet, customFilters);
  const { serving, recorded } = side;
  const sendToMailbox = toMailbox(presence);
  // A connection of its own: what a table names wrongly must not count as Service Bus being away.
  const feeds = new Outbox(() => connectBus(config.bus), clock);
  const endpoints = new Endpoints({
    ...reach(config),
    sendToEntity: (entity, body, properties) => feeds.sendElsewhere(entity, body, properties),
    sendToMailbox,
    submitToRouter: (entry) => router.submit(entry),
    requestThroughRouter: (entry) => router.request(entry),
    clock,
    onCircuit: tellBranch.circuit,
  });
  const common = { tables: serving, outbox, clock, faults, log: decisionLog(log) };
  const router: Router = new Router({
    ...common,
    messages: tables.routedMessages,
    endpoints,
    recorded,
  });
  const inbox = new Inbox({ ...common, router, busLog: logs.bus });
  const replayer = new Replayer({ ...common, connect: () => connectBus(config.bus) });
  const branches = new Branches(
    {
      table: tables.routedMessages,
      endpoints,
      send: (...sending) => outbox.sendRaw(...sending),
      sendToMailbox,
      clock,
      faults,
      log: tellBranch,
    },
    { maxTries: config.router.maxTries, retryMs: config.router.retryMs },
  );
  const forgetRouted = new ForgetRouted({
    table: tables.routedMessages,
    self: () => fleet.registration.incarnation,
    retentionDays: config.router.retentionDays,
    clock,
    log: forgetLog(log),
  });
  const disconnect = async (): Promise<void> => {
    endpoints.close();
    await feeds.close();
  };
  return { ...side, router, inbox, replayer, branches, forgetRouted, disconnect };
}

/** Where endpoints may be, and what proves who calls them. */
function reach(config: Config) {
  const credential = appCredential(clientIdOf(config));
  const getToken: EndpointPorts["getToken"] = async (resource) => {
    const token = await credential.getToken(`${resource}/.default`);
    if (!token) throw new Error(`The app's identity has no token for ${resource}`);
    return token.token;
  };
  return {
    policy: outboundPolicyOf(config.router),
    resolve: resolveHost,
    getToken,
    tokenResources: config.router.tokenResources,
    // Read when it is sent, so that it is never kept, and a new one counts at once.
    readSecret: (setting: string) => process.env[setting] || undefined,
  };
}

/** The same key puts a message into a mailbox once, so a branch that is delivered again is there once. */
function toMailbox({ presence }: PresenceSlice): EndpointPorts["sendToMailbox"] {
  return async ({ to, content, key, from }) => {
    const sending = { from: { sessionId: from, userName: from }, to, key };
    await presence.sender.send({ ...sending, content: parseValue(contentSchema, content, "message") });
  };
}
