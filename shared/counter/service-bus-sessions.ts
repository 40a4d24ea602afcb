import { isServiceBusError, type ServiceBusClient, type ServiceBusSessionReceiver } from "@azure/service-bus";
import type { Clock } from "../kernel/clock.ts";
import { counterTimes } from "./limits.ts";
import { SessionLocked, type SessionLink, type Sessions } from "./session.ts";

export interface ServiceBusSessionsParts {
  /** Makes a client without retries: a write that the SDK repeats of itself could arrive after a later one. */
  connect: () => ServiceBusClient;
  queue: string;
  /** Called when the queue does not exist. Throws when it cannot be helped. */
  createQueue: () => Promise<void>;
  clock: Clock;
  /** How long an accept may go unanswered. */
  acceptMs?: number;
}

/** How long the answer to closing a link is waited for. The lock is let go when the broker reads it, answered or not. */
const closeMs = 1_000;
/** How often a wait for an answer looks whether the link is still there. */
const lookMs = 250;

/** Why a wait ends early: without a reason of its own, an abort makes an error with a stack, which takes longer than all the rest. */
const ended = "over";

/** A client, and when it last answered. */
interface Connected {
  client: ServiceBusClient;
  answeredAtMs: number;
}

/** The sessions of a queue on Service Bus: one connection for all of them. */
export class ServiceBusSessions implements Sessions {
  readonly #parts: ServiceBusSessionsParts;
  #connected: Connected | undefined;

  constructor(parts: ServiceBusSessionsParts) {
    this.#parts = parts;
  }

  /** One operation; the first one for a counter in a while costs an authorisation too, which is none. */
  async accept(sessionId: string): Promise<SessionLink> {
    const { connect, queue, clock, createQueue, acceptMs = counterTimes.acceptMs } = this.#parts;
    const askedAtMs = clock.monotonicMs();
    const connected = (this.#connected ??= { client: connect(), answeredAtMs: askedAtMs });
    const accepting = connected.client.acceptSession(queue, sessionId, { maxAutoLockRenewalDurationInMs: 0 });
    try {
      const receiver = await within(clock, acceptMs, accepting);
      if (receiver === undefined) return this.#giveUp(connected, accepting, askedAtMs);
      connected.answeredAtMs = clock.monotonicMs();
      return new ServiceBusLink(receiver, clock, () => (connected.answeredAtMs = clock.monotonicMs()));
    } catch (error) {
      if (!isServiceBusError(error)) throw error;
      if (error.code === "MessagingEntityNotFound") await createQueue();
      if (error.code !== "SessionCannotBeLocked" && error.code !== "ServiceTimeout") throw error;
      connected.answeredAtMs = clock.monotonicMs();
      throw new SessionLocked("another holds the lock of the session", { cause: error });
    }
  }

  async close(): Promise<void> {
    const connected = this.#connected;
    this.#connected = undefined;
    if (connected) await within(this.#parts.clock, closeMs, connected.client.close());
  }

  /**
   * An accept was not answered. Should it be granted later, the lock is let go at once; and if the client has answered nothing else since
   * either, another takes its place.
   */
  #giveUp(connected: Connected, accepting: Promise<ServiceBusSessionReceiver>, askedAtMs: number): never {
    accepting.then((late) => late.close()).catch(() => undefined);
    if (connected.answeredAtMs <= askedAtMs && this.#connected === connected) {
      this.#connected = undefined;
      // It may never close either; nothing depends on it any more.
      connected.client.close().catch(() => undefined);
    }
    throw new Error("Service Bus did not answer in time");
  }
}

class ServiceBusLink implements SessionLink {
  readonly #receiver: ServiceBusSessionReceiver;
  readonly #clock: Clock;
  readonly #onAnswer: () => void;
  readonly #over = new AbortController();
  /** Rejects when the link is gone. One for all operations: a timer for each would cost as much as the operation. */
  readonly #gone: Promise<never>;

  constructor(receiver: ServiceBusSessionReceiver, clock: Clock, onAnswer: () => void) {
    this.#receiver = receiver;
    this.#clock = clock;
    this.#onAnswer = onAnswer;
    this.#gone = this.#watch();
    // Nobody may be waiting when it happens.
    this.#gone.catch(() => undefined);
  }

  get isClosed(): boolean {
    return this.#receiver.isClosed;
  }

  async read(): Promise<Buffer | undefined> {
    const state: unknown = await this.#answered(this.#receiver.getSessionState());
    if (state === null || state === undefined) return undefined;
    if (Buffer.isBuffer(state)) return state;
    // The SDK parses what looks like JSON, which ours never does: it is another's, and told as unreadable.
    return Buffer.from(JSON.stringify(state));
  }

  async write(state: Buffer): Promise<void> {
    await this.#answered(this.#receiver.setSessionState(state));
  }

  async renew(): Promise<void> {
    await this.#answered(this.#receiver.renewSessionLock());
  }

  async close(): Promise<void> {
    this.#over.abort(ended);
    try {
      await within(this.#clock, closeMs, this.#receiver.close());
    } catch {
      // The link is gone, or will go with its lock.
    }
  }

  /** The answer, or an error as soon as the link is gone: the SDK itself would wait for its time-out. */
  async #answered<T>(answer: Promise<T>): Promise<T> {
    const value = await Promise.race([answer, this.#gone]);
    this.#onAnswer();
    return value;
  }

  async #watch(): Promise<never> {
    const { signal } = this.#over;
    while (!signal.aborted && !this.isClosed) await this.#clock.delay(lookMs, signal);
    throw new Error("the link to the session was lost");
  }
}

/** What the promise gives, or undefined when it takes longer. */
async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([promise, clock.delay(ms, over.signal).then(() => undefined)]);
  } finally {
    over.abort(ended);
  }
}
