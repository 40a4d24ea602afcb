import { Log } from "../../shared/kernel/log.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { Branches } from "../../shared/routing/branch/branches.ts";
import { branchRowKey, readBranchRow, type BranchState } from "../../shared/routing/branch/branch-row.ts";
import { branchLog } from "../../shared/routing/branch/log.ts";
import { readCarriedBranch, type CarriedBranch } from "../../shared/routing/carrier.ts";
import type { Outcome } from "../../shared/routing/endpoint/ports.ts";
import { carriedWith, targetWith } from "./branch-with.ts";
import { arriving, failed, incomingOf, skipped, taken } from "./branches-with.ts";
import { InMemoryTable } from "./in-memory-table.ts";
import { turn } from "./manual-clock.ts";
import { randomFrom, type Random } from "./simulation/random.ts";

/** So many handlers run side by side. */
const maxRunning = 4;

/** How often each thing goes wrong, as shares of the steps at which it can. */
export interface Faults {
  /** The process ends: nothing of it goes on, and the message comes again. */
  dies: number;
  /** The lock runs out: the message comes again, while its handler goes on. */
  losesLock: number;
  /** Of both together; then all goes well, so that the run ends. */
  most: number;
}

interface Handler {
  copy: CarriedBranch;
  isAbandoned: boolean;
}

/**
 * One branch on its way, in every order that comes up: handlers of its copies stop before and after each thing they ask for, and chance says
 * who goes on, who dies there, and whose message comes again although it is still handled.
 */
export class BranchSimulation {
  readonly carried = carriedWith({ targets: [targetWith("http://service/")] });
  /** Which copy called the endpoints, in order. */
  readonly calls: { number: number; nonce: string; outcome: Outcome["kind"] }[] = [];
  rejected = 0;
  redeliveries = 0;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #maxTries: number;
  readonly #table = new InMemoryTable();
  readonly #queue: CarriedBranch[] = [];
  readonly #stopped: { handler: Handler; goOn: () => void }[] = [];
  #running = 0;

  constructor(seed: number, faults: Faults, maxTries: number) {
    this.#random = randomFrom(seed);
    this.#faults = faults;
    this.#maxTries = maxTries;
    this.#queue.push(this.carried);
  }

  get state(): BranchState | undefined {
    const row = this.#table.peek(this.carried.message.pass.logicalId, branchRowKey(0));
    return row && readBranchRow(row);
  }

  /** Until no copy is left and no handler runs. */
  async run(): Promise<void> {
    while (this.#queue.length > 0 || this.#running > 0) {
      const mayStart = this.#queue.length > 0 && this.#running < maxRunning;
      if (mayStart && (this.#stopped.length === 0 || this.#random() < 0.3)) this.#start();
      else this.#step();
      await turn();
    }
  }

  #start(): void {
    const [copy] = this.#queue.splice(Math.floor(this.#random() * this.#queue.length), 1);
    if (!copy) return;
    const handler: Handler = { copy, isAbandoned: false };
    this.#running += 1;
    void this.#branchesOf(handler)
      .deliver(incomingOf(copy))
      .then(() => (this.#running -= 1));
  }

  #step(): void {
    const [next] = this.#stopped.splice(Math.floor(this.#random() * this.#stopped.length), 1);
    if (!next) return;
    const { dies, losesLock, most } = this.#faults;
    const chance = this.redeliveries < most ? this.#random() : 1;
    if (chance < dies) this.#running -= 1;
    if (chance < dies + losesLock) this.#bringAgain(next.handler);
    if (chance >= dies) next.goOn();
  }

  #bringAgain(handler: Handler): void {
    if (handler.isAbandoned) return;
    handler.isAbandoned = true;
    this.redeliveries += 1;
    this.#queue.push(handler.copy);
  }

  #branchesOf(handler: Handler): Branches {
    const gate = () => new Promise<void>((goOn) => this.#stopped.push({ handler, goOn }));
    const within = async <T>(act: () => T | Promise<T>): Promise<T> => {
      await gate();
      const done = await act();
      await gate();
      return done;
    };
    const table = this.#table;
    const log = branchLog(new Log({ instance: "web-0", role: "web" }, systemClock, () => undefined));
    return new Branches(
      {
        table: {
          read: (...keys) => within(() => table.read(...keys)),
          insert: (row) => within(() => table.insert(row)),
          replace: (...write) => within(() => table.replace(...write)),
        },
        endpoints: { callTargets: () => within(() => this.#call(handler.copy)) },
        send: (entity, body, properties) =>
          within(() => {
            if (entity === "rejected") this.rejected += 1;
            else this.#queue.push(readCarriedBranch(arriving({ ...properties, body })));
          }),
        sendToMailbox: async () => undefined,
        clock: systemClock,
        faults: { reach: gate },
        log,
      },
      { maxTries: this.#maxTries, retryMs: 1 },
    );
  }

  #call({ copy }: CarriedBranch): Outcome {
    const chance = this.#random();
    const outcome = chance < 0.25 ? taken() : chance < 0.85 ? failed() : skipped(1);
    this.calls.push({ number: copy.number, nonce: copy.nonce, outcome: outcome.kind });
    return outcome;
  }
}
