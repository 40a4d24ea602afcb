import { Outbox } from "../bus/outbox.ts";
import { reply } from "../bus/reply.ts";
import { entities } from "../bus/topology.ts";
import type { Config } from "../kernel/config.ts";
import { Claims } from "../operation/claims.ts";
import { Driver } from "../operation/drive.ts";
import type { Header } from "../operation/header.ts";
import { History } from "../operation/history.ts";
import { OpenList } from "../operation/open-list.ts";
import type { SendTick } from "../operation/ports.ts";
import { OperationRepository } from "../operation/repository.ts";
import { Submissions } from "../operation/submit.ts";
import { Sweep } from "../operation/sweep.ts";
import { TargetSide } from "../operation/target-side.ts";
import { viewNew } from "../operation/view.ts";
import { announce } from "../recycle/announce.ts";
import type { Notification } from "../recycle/message.ts";
import type { Edges } from "./edges.ts";
import type { Fleet } from "./fleet.ts";

export type Operations = ReturnType<typeof makeOperations>;

/** Long-running requests: begun, driven, cancelled, looked up, never forgotten. */
export function makeOperations(
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

function toNotification({ id, request: { from, roles, tag, data } }: Header): Notification {
  return { type: "recycle", operation: id, from, roles, tag, ...(data === undefined ? {} : { data }) };
}

/** Tells the end of an operation to whoever asked for it by message. */
async function answerAsker(outbox: Outbox, header: Header): Promise<void> {
  if (header.reply)
    await reply(outbox, header.reply, "operation.ended", `${header.id}:ended`, viewNew(header));
}
