import { appendFileSync } from "node:fs";
import { connectCounters } from "../../../shared/counter/connect.ts";
import { Counters } from "../../../shared/counter/counters.ts";
import { counterLog } from "../../../shared/counter/log.ts";
import { ServiceBusSessions } from "../../../shared/counter/service-bus-sessions.ts";
import { systemClock } from "../../../shared/kernel/clock.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { Problem } from "../../../shared/kernel/problem.ts";

// A process of the storm: its callers take numbers until they are told to stop, and write down each one before they ask for the next.

const [connectionString = "", path = "", callers = "32", keyed = "false", prefix = ""] =
  process.argv.slice(2);
const name = { context: "storm", counter: keyed === "true" ? "keyed" : "plain" };
const log = counterLog(new Log({ instance: prefix, role: "storm" }, systemClock, () => undefined));
const sessions = new ServiceBusSessions({
  connect: () => connectCounters({ connectionString }, 3_000),
  queue: "counters",
  createQueue: () => Promise.reject(new Error("there is no queue")),
  clock: systemClock,
});
const counters = new Counters(
  { sessions, clock: systemClock, faults: noFaultPoints, log },
  { waitMs: 30_000 },
);
const over = new AbortController();
process.on("message", () => over.abort());

const write = (line: object): void => appendFileSync(path, `${JSON.stringify(line)}\n`);

/** Takes numbers one after the other. What was asked for is written down first, so that a key is asked for again after a death. */
async function call(caller: number): Promise<void> {
  for (let index = 0; !over.signal.aborted; index += 1) {
    const key = keyed === "true" ? `${prefix}-${caller}-${index}` : undefined;
    if (key !== undefined) write({ asked: key });
    try {
      const { value, epoch } = await counters.next(name, { key });
      write({ ...(key === undefined ? {} : { key }), value: String(value), epoch });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (key === undefined && error.kind === "outcome-unknown") write({ unknown: true });
      else index -= key === undefined ? 0 : 1;
    }
  }
}

await Promise.all(Array.from({ length: Number(callers) }, (_, caller) => call(caller)));
await counters.close();
process.exit(0);
