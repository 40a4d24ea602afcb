import { answerFromRow, type Answer } from "../../../shared/operation/answer.ts";
import { hasEnded, headerFromRow, headerRowKey, type Header } from "../../../shared/operation/header.ts";
import { openPartition } from "../../../shared/operation/open-list.ts";
import { readInstanceRow, type InstanceRow } from "../../../shared/fleet/instance-row.ts";
import type { InMemoryTable } from "../in-memory-table.ts";
import { faultOfAnswer, faultOfHeader, faultOfRow, faultOfStep } from "./rules.ts";
import type { World } from "./world.ts";

/** A rule of the protocol that was broken. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** Who acts for an operation. */
export interface Act {
  operation: string;
  instance: string;
  incarnation: string;
}

/**
 * Sees every write and every act of every process, and holds them against what the protocol promises. Knows more than any process
 * does, and tells them nothing.
 */
export class Observer {
  readonly #world: World;
  readonly #tables: { instances: InMemoryTable; operations: InMemoryTable };
  readonly #headers = new Map<string, Header>();
  #askedAtMs = 0;
  readonly #etags = new Map<string, string>();
  readonly #answers = new Map<string, Answer>();
  readonly #rows = new Map<string, InstanceRow>();
  readonly #epochs = new Map<string, number>();
  readonly #wereReady = new Map<string, Set<string>>();
  readonly #acts: Act[] = [];
  /** Those acts after which another incarnation of the instance was ready. */
  readonly #isBack = new Set<Act>();
  #broken: string | undefined;

  constructor(world: World, tables: { instances: InMemoryTable; operations: InMemoryTable }) {
    this.#world = world;
    this.#tables = tables;
  }

  get headers(): Header[] {
    return [...this.#headers.values()];
  }

  get acts(): readonly Act[] {
    return this.#acts;
  }

  /** Whether nothing of any operation is left to do. */
  get isAtRest(): boolean {
    return this.headers.every(hasEnded) && this.#tables.operations.rows(openPartition).length === 0;
  }

  /** From now on operations may begin, and their time may run. */
  asked(): void {
    this.#askedAtMs = this.#world.nowMs;
  }

  /** Throws what was broken first, if anything was. */
  throwIfBroken(): void {
    if (this.#broken) throw new Broken(this.#broken);
  }

  afterInstanceWrite(role: string, instance: string): void {
    const stored = this.#tables.instances.peek(role, instance);
    if (!stored) return;
    const row = readInstanceRow(stored);
    const before = this.#rows.get(instance);
    this.#rows.set(instance, row);
    this.#epochs.set(row.incarnation, row.epoch);
    const fault = faultOfRow(before, row);
    if (fault) this.#break(fault);
    if (row.state !== "ready") return;
    const known = this.#wereReady.get(instance) ?? new Set();
    this.#wereReady.set(instance, known.add(row.incarnation));
    for (const act of this.#acts)
      if (act.instance === instance && act.incarnation !== row.incarnation) this.#isBack.add(act);
  }

  afterOperationWrite(partitionKey: string, rowKey: string): void {
    const stored = this.#tables.operations.peek(partitionKey, rowKey);
    const key = keyOf(partitionKey, rowKey);
    // A write whose condition did not hold has changed nothing.
    if (!stored || partitionKey === openPartition || this.#etags.get(key) === stored.etag) return;
    this.#etags.set(key, stored.etag);
    if (rowKey === headerRowKey) this.#seeHeader(headerFromRow(stored));
    const answer = answerFromRow(stored);
    if (answer) this.#seeAnswer(partitionKey, ...answer);
  }

  /** A process begins to recycle: from here on its instance is away. */
  act(act: Act): void {
    const { operation, instance, incarnation } = act;
    const header = this.#headers.get(operation);
    const target = header?.targets.find((one) => one.instance === instance);
    const answer = this.#answers.get(keyOf(operation, instance));
    if (this.#acts.some((one) => one.operation === operation && one.instance === instance))
      this.#break(`${instance} recycles twice for ${operation}`);
    if (answer?.state !== "acknowledged" || answer.incarnation !== incarnation)
      this.#break(`${instance} recycles although the answer is ${answer?.state ?? "not given"}`);
    if (target?.incarnation !== incarnation || target.releasedAtMs === undefined)
      this.#break(`${instance} recycles although this incarnation was not released`);
    const { outcome } = target ?? {};
    const isGivenUp = outcome?.state === "timed-out" && outcome.phase === "delivery";
    if (isGivenUp || outcome?.state === "cancelled")
      this.#break(`${instance} recycles although the operation says ${outcome.state}`);
    this.#acts.push(act);
    // A process that does not know yet that it was taken over takes nothing away any more.
    const holder = this.#holderOf(instance);
    if (holder !== incarnation && this.#wereReady.get(instance)?.has(holder ?? "")) this.#isBack.add(act);
    this.#checkBudget(operation);
  }

  /** What must hold when everything has come to rest. `requests` is the number of different ones; `asked` are the operations whose asker waits for an answer. */
  checkEnd(requests: number, asked: readonly string[], answered: readonly string[]): void {
    if (this.#headers.size !== requests)
      this.#break(`${requests} requests have become ${this.#headers.size} operations`);
    for (const header of this.headers) {
      if (!hasEnded(header)) this.#break(`${header.id} has not ended`);
      const fault = faultOfHeader(header, this.#answersOf(header));
      if (fault) this.#break(fault);
    }
    for (const { rowKey } of this.#tables.operations.rows(openPartition)) this.#break(`left open: ${rowKey}`);
    for (const operation of asked)
      if (!answered.includes(operation)) this.#break(`nobody told the asker that ${operation} ended`);
  }

  #seeHeader(header: Header): void {
    const before = this.#headers.get(header.id);
    if (!before && (header.state !== "waiting" || header.step !== 0))
      this.#break(`${header.id} came into being as ${header.state}`);
    this.#headers.set(header.id, header);
    const passedMs = this.#world.nowMs - this.#askedAtMs;
    if (header.elapsedMs > passedMs)
      this.#break(`${header.id} counts ${header.elapsedMs} ms, but only ${passedMs} have passed`);
    if (before) {
      const fault = faultOfStep(before, header);
      if (fault) this.#break(fault);
    }
    for (const target of header.targets) {
      const { instance, incarnation, outcome } = target;
      if (outcome?.state === "recycled" && !this.#wasReplaced(instance, incarnation))
        this.#break(`${instance} counts as recycled, but no later incarnation was ever ready`);
    }
    this.#checkOneAtATime(header);
    this.#checkReleased(header);
  }

  /** Those that were told to go and may still do so, or have gone and are not back: no more than the budget at any moment. */
  #checkReleased({ id, request: { maxUnavailable }, targets }: Header): void {
    if (typeof maxUnavailable !== "number") return;
    const going = targets.filter((target) => {
      const { releasedAtMs, outcome, instance, incarnation } = target;
      const isGivenUp = outcome?.state === "timed-out" && outcome.phase === "execution";
      if (releasedAtMs === undefined || (outcome && !isGivenUp)) return false;
      return !this.#wasReplaced(instance, incarnation);
    });
    if (going.length > maxUnavailable)
      this.#break(
        `${id} has told ${going.map(({ instance }) => instance).join(", ")} to go, but allows ${maxUnavailable}`,
      );
  }

  #checkOneAtATime(header: Header): void {
    if (!isWorking(header)) return;
    for (const other of this.headers) {
      const shared = other.request.roles.filter((role) => header.request.roles.includes(role));
      if (other.id !== header.id && isWorking(other) && shared.length > 0)
        this.#break(`${header.id} and ${other.id} work on ${shared.join(", ")} at once`);
    }
  }

  #seeAnswer(operation: string, instance: string, answer: Answer): void {
    const key = keyOf(operation, instance);
    const before = this.#answers.get(key);
    this.#answers.set(key, answer);
    const target = this.#headers
      .get(operation)
      ?.targets.find((one) => one.instance === instance && one.incarnation === answer.incarnation);
    const fault = faultOfAnswer(instance, before, answer, target);
    if (fault) this.#break(fault);
  }

  /** Those that went for the operation and have not been replaced by a ready incarnation. */
  #checkBudget(operation: string): void {
    const header = this.#headers.get(operation);
    const { maxUnavailable } = header?.request ?? {};
    if (typeof maxUnavailable !== "number") return;
    const gone = this.#acts.filter((act) => act.operation === operation && this.#isAway(act));
    if (gone.length > maxUnavailable)
      this.#break(
        `${gone.map(({ instance }) => instance).join(", ")} are away at once for ${operation}, which allows ${maxUnavailable}`,
      );
  }

  #isAway(act: Act): boolean {
    const hasRefused = this.#answers.get(keyOf(act.operation, act.instance))?.failure !== undefined;
    return !hasRefused && !this.#isBack.has(act);
  }

  /** Whether a later incarnation of the instance has been ready; what became of that one is another story. */
  #wasReplaced(instance: string, incarnation: string): boolean {
    const epoch = this.#epochs.get(incarnation) ?? 0;
    return [...(this.#wereReady.get(instance) ?? [])].some((id) => (this.#epochs.get(id) ?? 0) > epoch);
  }

  #holderOf(instance: string): string | undefined {
    return this.#rows.get(instance)?.incarnation;
  }

  #answersOf({ id, targets }: Header): ReadonlyMap<string, Answer> {
    const known = targets.flatMap(({ instance }) => {
      const answer = this.#answers.get(keyOf(id, instance));
      return answer ? [[instance, answer] as const] : [];
    });
    return new Map(known);
  }

  #break(what: string): void {
    this.#world.tell(`BROKEN: ${what}`);
    this.#broken ??= what;
  }
}

const keyOf = (operation: string, instance: string): string => `${operation}/${instance}`;

/** At work on its roles: begun, and not ended. */
function isWorking({ state, targets }: Header): boolean {
  return state === "running" || (state === "cancelling" && targets.length > 0);
}
