import { Outbox } from "../../../shared/bus/outbox.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { Claims } from "../../../shared/operation/claims.ts";
import { History } from "../../../shared/operation/history.ts";
import { busLog } from "../../../shared/bus/log.ts";
import { operationLog } from "../../../shared/operation/log.ts";
import { recycleBodySchema, type TickMessage } from "../../../shared/operation/message.ts";
import { OpenList } from "../../../shared/operation/open-list.ts";
import type { FleetMember } from "../../../shared/operation/ports.ts";
import { OperationRepository } from "../../../shared/operation/repository.ts";
import { Submissions, type Submission } from "../../../shared/operation/submit.ts";
import { busClient, type Sent } from "../../support/bus-client.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { member } from "./header-with.ts";

/** The parts of the operation slice over a table in memory, and what they sent and said. */
export class OperationWorld {
  readonly table = new InMemoryTable();
  readonly clock = new ManualClock();
  readonly sent: Sent[] = [];
  readonly ticks: TickMessage[] = [];
  /** The events of the log, in order. */
  readonly events: string[] = [];
  fleet: FleetMember[] = [member("web-0"), member("web-1"), member("api-0", { role: "api" })];
  /** Set to make every send fail. */
  busError: Error | undefined;

  readonly #lines = new Log({ instance: "web-0", role: "web" }, this.clock, (line) => {
    const event: unknown = JSON.parse(line).event;
    this.events.push(String(event));
  });
  readonly log = operationLog(this.#lines);
  readonly busLog = busLog(this.#lines);
  readonly outbox = new Outbox(
    () =>
      busClient((sent) => {
        if (this.busError) throw this.busError;
        this.sent.push(sent);
      }),
    this.clock,
  );
  readonly operations = new OperationRepository(this.table);
  readonly openList = new OpenList(this.table);
  readonly claims = new Claims(this.table, this.operations, noFaultPoints);
  readonly history = new History(this.table, this.operations);
  readonly submissions = new Submissions({
    operations: this.operations,
    openList: this.openList,
    history: this.history,
    readFleet: async () => this.fleet,
    clock: this.clock,
    faults: noFaultPoints,
    log: this.log,
  });
  readonly sendTick = async (tick: TickMessage): Promise<void> => {
    if (this.busError) throw this.busError;
    this.ticks.push(tick);
  };
}

/** A request as it comes in, with what is not said filled in. */
export function submission(role: string, key: string, body: object = {}): Submission {
  return { role, key, body: { ...recycleBodySchema.parse(body), from: "test" } };
}
