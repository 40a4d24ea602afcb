import { connectCounters } from "../../../shared/counter/connect.ts";
import type { CounterName } from "../../../shared/counter/counter-name.ts";
import { Counters } from "../../../shared/counter/counters.ts";
import { counterLog } from "../../../shared/counter/log.ts";
import type { Taken } from "../../../shared/counter/request.ts";
import { ServiceBusSessions } from "../../../shared/counter/service-bus-sessions.ts";
import { systemClock } from "../../../shared/kernel/clock.ts";
import type { FaultPoint, FaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Log } from "../../../shared/kernel/log.ts";
import type { Broker } from "../../../local/servicebus/broker.ts";
import { Wire } from "./wire.ts";

/** Short, so that a lock that is lost is not long waited for. */
export const lockMs = 1_000;
const acceptMs = 1_500;
const times = { lockMs, attemptMs: 300, slowAcceptMs: 300 };

/** What happens when an armed point is reached, instead of going on. */
export type Strike = () => Promise<void> | void;

/** Something that gives numbers and can be killed; what a suite needs of a counter. */
export interface CounterUnderTest extends AsyncDisposable {
  next(key?: string): Promise<Taken>;
  /** Its connection is cut, and whoever waits for it waits for ever. */
  kill(): void;
  readonly killed: Promise<void>;
}

/** The fault points of one process in a test: each strikes once. */
export class Strikes<Point extends string> {
  readonly #armed = new Map<Point, { strike: Strike; reached: () => void }>();

  /** Settles when the point is reached. */
  arm(point: Point, strike: Strike): Promise<void> {
    return new Promise((reached) => this.#armed.set(point, { strike, reached }));
  }

  async reach(point: Point): Promise<void> {
    const armed = this.#armed.get(point);
    if (!armed) return;
    this.#armed.delete(point);
    armed.reached();
    await armed.strike();
  }
}

/** The counters of one process, with a connection of its own that a test can hold up or cut. */
export class CounterProcess implements CounterUnderTest {
  readonly strikes = new Strikes<FaultPoint>();
  readonly wire: Wire;
  readonly counters: Counters;
  readonly killed: Promise<void>;
  /** Which counter it takes numbers of. */
  name: CounterName;
  #kill: () => void = () => undefined;
  #isKilled = false;

  private constructor(
    wire: Wire,
    connectionString: string,
    queue: string,
    name: CounterName,
    waitMs: number,
  ) {
    this.wire = wire;
    this.name = name;
    this.killed = new Promise((resolve) => (this.#kill = resolve));
    const log = counterLog(new Log({ instance: "p", role: "p" }, systemClock, () => undefined));
    const sessions = new ServiceBusSessions({
      connect: () => connectCounters({ connectionString: wire.through(connectionString) }, times.attemptMs),
      queue,
      createQueue: () => Promise.reject(new Error("there is no queue")),
      clock: systemClock,
      acceptMs,
    });
    const faults: FaultPoints = this.strikes;
    this.counters = new Counters({ sessions, clock: systemClock, faults, log }, { waitMs, times });
  }

  static async start(
    broker: Broker,
    queue: string,
    name: CounterName,
    waitMs = 20_000,
  ): Promise<CounterProcess> {
    const wire = await Wire.to(broker.port);
    return new CounterProcess(wire, broker.connectionString, queue, name, waitMs);
  }

  next(key?: string): Promise<Taken> {
    return this.counters.next(this.name, { key });
  }

  kill(): void {
    this.#isKilled = true;
    this.wire.cut();
    this.#kill();
  }

  /** Dies at the next time this point is reached. */
  dieAt(point: FaultPoint): Promise<void> {
    return this.strikes.arm(point, () => {
      this.kill();
      return new Promise(() => undefined);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A killed process never ends by itself: what it waits for never comes.
    if (!this.#isKilled) await this.counters.close();
    await this.wire[Symbol.asyncDispose]();
  }
}
