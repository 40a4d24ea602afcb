import { randomUUID } from "node:crypto";
import { connectBus } from "./bus/connect.ts";
import { busLog } from "./bus/log.ts";
import { Outbox } from "./bus/outbox.ts";
import { reply } from "./bus/reply.ts";
import { entities, instanceQueueOf } from "./bus/topology.ts";
import { connectCounters } from "./counter/connect.ts";
import { Counters } from "./counter/counters.ts";
import { createCounterQueue } from "./counter/create-queue.ts";
import { CounterList } from "./counter/counter-list.ts";
import { counterTimes } from "./counter/limits.ts";
import { counterLog } from "./counter/log.ts";
import { ServiceBusSessions } from "./counter/service-bus-sessions.ts";
import { Directory } from "./fleet/directory.ts";
import { Heartbeat } from "./fleet/heartbeat.ts";
import { InFlight } from "./fleet/in-flight.ts";
import { Lifetime, recycleExitCode } from "./fleet/lifetime.ts";
import { fleetLog } from "./fleet/log.ts";
import { markReaped } from "./fleet/mark-reaped.ts";
import { Registration } from "./fleet/registration.ts";
import { startInstance, stopInstance } from "./fleet/startup.ts";
import { systemClock } from "./kernel/clock.ts";
import type { Config } from "./kernel/config.ts";
import { appCredential } from "./kernel/credential.ts";
import { fileFaultPoints, noFaultPoints } from "./kernel/fault-points.ts";
import { Log } from "./kernel/log.ts";
import { Claims } from "./operation/claims.ts";
import { Driver } from "./operation/drive.ts";
import type { Header } from "./operation/header.ts";
import { History } from "./operation/history.ts";
import { operationLog } from "./operation/log.ts";
import { OpenList } from "./operation/open-list.ts";
import type { SendTick } from "./operation/ports.ts";
import { OperationRepository } from "./operation/repository.ts";
import { Submissions } from "./operation/submit.ts";
import { Sweep } from "./operation/sweep.ts";
import { TargetSide } from "./operation/target-side.ts";
import { viewNew } from "./operation/view.ts";
import { presenceLimits } from "./presence/limits.ts";
import { presenceLog } from "./presence/log.ts";
import { Presence } from "./presence/presence.ts";
import { SendRates } from "./presence/rate.ts";
import { Registrar } from "./presence/registering.ts";
import { SessionTokens } from "./presence/token.ts";
import { RecycleActor, type OnRecycle, type RecycleMode } from "./recycle/act.ts";
import { announce } from "./recycle/announce.ts";
import { recycleLog } from "./recycle/log.ts";
import type { Notification } from "./recycle/message.ts";
import { restartThroughManagement } from "./recycle/restart-app.ts";
import { connectTables } from "./table/connect.ts";

/** What the host of this runtime supplies: the application's hooks, and how the process ends. */
export interface RuntimeOptions {
  onRecycle: OnRecycle;
  endWorker: (exitCode: number) => void;
  writeLine: (line: string) => void;
}

export type Runtime = ReturnType<typeof makeRuntime>;

/**
 * The composition root: makes every object there is, and wires the slices to each other. Nothing is sent before `start`.
 */
export function makeRuntime(config: Config, options: RuntimeOptions) {
  const edges = makeEdges(config, options);
  const fleet = makeFleet(config, options, edges);
  const operation = makeOperations(config, edges, fleet);
  const recycle = makeRecycle(config, options, edges, fleet, operation);
  const presence = makePresence(config, edges, fleet);
  const heartbeat = makeHeartbeat(config, options, edges, fleet, operation, presence.presence);
  const start = () =>
    startInstance({ ...edges, ...fleet, ...operation, heartbeat, endWorker: options.endWorker });
  const counter = makeCounters(config, edges);
  const stop = async () => {
    await counter.counters.close();
    await stopInstance({ ...edges, ...fleet, heartbeat });
  };
  const slices = { ...operation, ...recycle, ...presence, ...counter };
  return { config, ...edges, ...fleet, ...slices, heartbeat, start, stop };
}

type Edges = ReturnType<typeof makeEdges>;
type Fleet = ReturnType<typeof makeFleet>;
type Operations = ReturnType<typeof makeOperations>;

/** What everything stands on: time, log, fault points, Service Bus, Table Storage. */
function makeEdges(config: Config, options: RuntimeOptions) {
  const clock = systemClock;
  const faults = config.faultPoints
    ? fileFaultPoints(config.faultPoints, config.instance, clock)
    : noFaultPoints;
  const log = new Log(config, clock, options.writeLine);
  const logs = {
    bus: busLog(log),
    fleet: fleetLog(log),
    operation: operationLog(log),
    recycle: recycleLog(log),
    presence: presenceLog(log),
    counter: counterLog(log),
  };
  return {
    clock,
    faults,
    logs,
    outbox: new Outbox(() => connectBus(config.bus), clock),
    tables: connectTables(config.tables),
  };
}

/** This process as a member of the fleet, and its view of the others. */
function makeFleet(config: Config, { endWorker }: RuntimeOptions, { tables, clock, faults, logs }: Edges) {
  const { heartbeatMs, drainMs } = config;
  const registration = new Registration(tables.instances, config);
  const directory = new Directory(tables.instances, clock, {
    heartbeatMs,
    self: registration.incarnation,
    onUnreadable: (row, error) => logs.fleet.rowUnreadable(row, error),
  });
  const inFlight = new InFlight();
  const lifetime = new Lifetime({
    registration,
    inFlight,
    clock,
    faults,
    log: logs.fleet,
    drainMs,
    endWorker,
  });
  return { registration, directory, inFlight, lifetime };
}

/** Long-running requests: begun, driven, cancelled, looked up, never forgotten. */
function makeOperations(
  config: Config,
  { tables, outbox, clock, faults, logs }: Edges,
  { directory, registration }: Fleet,
) {
  const table = tables.operations;
  const log = logs.operation;
  const operations = new OperationRepository(table);
  const openList = new OpenList(table);
  const claims = new Claims(table, operations, faults);
  const history = new History(table, operations);
  const readFleet = () => directory.read();
  const sendTick: SendTick = (tick, delayMs) =>
    outbox.send(entities.recycleRequests, {
      messageId: `${tick.operation}:${tick.id}`,
      subject: "tick",
      body: tick,
      delayMs,
    });
  const submissions = new Submissions({ operations, openList, history, readFleet, clock, faults, log });
  const { tickMs } = config;
  const driver = new Driver({
    operations,
    claims,
    openList,
    readFleet,
    sendTick,
    clock,
    faults,
    log,
    tickMs,
    announce: (header) => announce(outbox, toNotification(header)),
    answerAsker: (header) => answerAsker(outbox, header),
  });
  const sweep = new Sweep({ operations, openList, sendTick, clock, log }, tickMs);
  const self = { instance: config.instance, incarnation: registration.incarnation };
  const targetSide = new TargetSide({ operations, openList, sendTick, self });
  return { operations, history, submissions, driver, sweep, sendTick, targetSide };
}

/** What this instance does when it is told to recycle. */
function makeRecycle(
  config: Config,
  options: RuntimeOptions,
  edges: Edges,
  fleet: Fleet,
  operation: Operations,
) {
  const actor = new RecycleActor({
    operation: operation.targetSide,
    process: fleet.lifetime,
    mode: recycleMode(config),
    onRecycle: options.onRecycle,
    onRecycleMs: config.onRecycleMs,
    isPassive: () => fleet.registration.state === "passive",
    clock: edges.clock,
    faults: edges.faults,
    log: edges.logs.recycle,
  });
  return { actor };
}

/** Who is connected where, and messages to them. */
function makePresence(
  config: Config,
  { tables, outbox, clock, faults, logs }: Edges,
  { registration, directory, lifetime }: Fleet,
) {
  const { instance } = config;
  const presence = new Presence({
    self: () => ({ instance, incarnation: registration.incarnation, epoch: registration.epoch }),
    isStillSelf: () => registration.isStillHeld(),
    setTail: (seq) => registration.setTail(seq),
    readMembers: () => directory.read(),
    markReaped: (role, id, epoch) => markReaped(tables.instances, role, id, epoch),
    sessionsTable: tables.sessions,
    mailboxesTable: tables.mailboxes,
    publish: (body) => outbox.send(entities.presence, { messageId: randomUUID(), subject: body.type, body }),
    sendTo: (to, body) =>
      outbox.send(instanceQueueOf(to), { messageId: randomUUID(), subject: body.type, body }),
    sendReapTick: (body, delayMs) =>
      outbox.send(entities.messages, { messageId: randomUUID(), subject: body.type, body, delayMs }),
    reject: (messageId, body, reason) =>
      outbox.send(entities.rejected, {
        messageId,
        subject: "rejected",
        body,
        applicationProperties: {
          source: "mailbox",
          reason: "session-closed",
          detail: `Its session has ended: ${reason}`,
        },
      }),
    graceMs: config.sessionGraceMs,
    endedRetentionMs: presenceLimits.endedRetentionMs,
    clock,
    faults,
    log: logs.presence,
  });
  const registrar = new Registrar(presence, instance);
  lifetime.onDraining(() => {
    const members = presence.lastMembers();
    presence.hub.reconnectAll(() => registrar.otherUrl(members));
  });
  return {
    presence,
    registrar,
    tokens: new SessionTokens(config.sessionTokenSecret),
    rates: new SendRates(clock),
  };
}

/** Numbers that are given once. Their connection opens with the first one that is asked for. */
function makeCounters(config: Config, { tables, clock, faults, logs }: Edges) {
  const sessions = new ServiceBusSessions({
    connect: () => connectCounters(config.bus, counterTimes.attemptMs),
    queue: entities.counters,
    createQueue: () => createCounterQueue(config.bus, entities.counters),
    clock,
  });
  const counters = new Counters({ sessions, clock, faults, log: logs.counter }, config.counters);
  return { counters, counterList: new CounterList(tables.counters, logs.counter) };
}

function makeHeartbeat(
  config: Config,
  options: RuntimeOptions,
  edges: Edges,
  fleet: Fleet,
  operation: Operations,
  presence: Presence,
) {
  return new Heartbeat({
    registration: fleet.registration,
    directory: fleet.directory,
    clock: edges.clock,
    log: edges.logs.fleet,
    heartbeatMs: config.heartbeatMs,
    onBeat: async (members) => {
      edges.outbox.probe(entities.recycleRequests);
      await Promise.all([operation.sweep.look(), presence.look(members)]);
    },
    onReaped: () => options.endWorker(recycleExitCode),
    onHolderLost: () => options.endWorker(recycleExitCode),
  });
}

function toNotification({ id, request: { from, roles, tag, data } }: Header): Notification {
  return { type: "recycle", operation: id, from, roles, tag, ...(data === undefined ? {} : { data }) };
}

/** Tells the end of an operation to whoever asked for it by message. */
async function answerAsker(outbox: Outbox, header: Header): Promise<void> {
  if (header.reply)
    await reply(outbox, header.reply, "operation.ended", `${header.id}:ended`, viewNew(header));
}

/** The user-assigned identity that the app has for its services is the one that may restart it. */
function clientIdOf({ bus, tables }: Config): string | undefined {
  return [bus, tables].flatMap((connection) => ("host" in connection ? (connection.clientId ?? []) : []))[0];
}

function recycleMode(config: Config): RecycleMode {
  if (config.recycleMode !== "restart-app" || !config.siteResourceId) {
    return { kind: config.recycleMode === "log-only" ? "log-only" : "end-worker" };
  }
  return {
    kind: "restart-app",
    restart: restartThroughManagement(config.siteResourceId, appCredential(clientIdOf(config))),
  };
}
