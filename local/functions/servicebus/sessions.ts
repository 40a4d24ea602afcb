import {
  type ServiceBusReceivedMessage,
  type ServiceBusSessionReceiver,
  isServiceBusError,
} from "@azure/service-bus";
import { gatherMs } from "./batch.ts";
import { Calls, within } from "./calls.ts";
import { Gate } from "./gate.ts";
import { type Pump, type PumpOptions, giveBackMs } from "./pump.ts";
import { receiveWhileOpen } from "./receive-loop.ts";
import { reasonOf } from "./reason.ts";
import { Slots } from "./slots.ts";
import { attachedWithinMs, openReceiver } from "./subscription.ts";

/** The SDK's timers take no more. */
const longestRenewalMs = 2 ** 31 - 1;

/**
 * Messages of an entity with sessions: several sessions at a time, in each session one call at a time and in order. A session
 * is given back when it is idle, when there is no worker, and before its lock can no longer be renewed; what it had not settled
 * comes again at once and does not count as delivered.
 */
export class SessionPump implements Pump {
  readonly #options: PumpOptions;
  readonly #gate = new Gate();
  readonly #calls = new Calls();
  readonly #slots: Slots;
  readonly #stopping = new AbortController();
  readonly #sessions = new Set<ServiceBusSessionReceiver>();
  #loop: Promise<void> | undefined;
  #accepting: Promise<ServiceBusSessionReceiver | undefined> | undefined;
  /** Counts acceptances: one that was given up may still bring a session. */
  #attempt = 0;
  #isReceiving = false;

  constructor(options: PumpOptions) {
    this.#options = options;
    const { trigger, options: limits } = options;
    this.#slots = new Slots(trigger.cardinality === "many" ? 1 : limits.maxConcurrentSessions);
  }

  open(): void {
    this.#gate.open();
    this.#loop ??= this.#run();
  }

  suspend(): void {
    this.#gate.shut();
  }

  async close(drainMs: number): Promise<void> {
    this.#gate.end();
    this.#stopping.abort();
    await this.#calls.over(drainMs);
    // Closing a session gives back what a call has not settled.
    const sessions = [...this.#sessions].map((session) => this.#release(session));
    await within(giveBackMs, Promise.all([this.#loop, ...sessions]));
  }

  async #run(): Promise<void> {
    const { options, events } = this.#options;
    await receiveWhileOpen(this.#gate, options.retry, events, async (onReceiving) => {
      await this.#slots.acquire();
      let session: ServiceBusSessionReceiver | undefined;
      try {
        if (this.#gate.isOpen) session = await this.#accept(onReceiving);
      } finally {
        if (session === undefined) this.#slots.release();
      }
      if (session) void this.#calls.add(this.#serve(session).finally(() => this.#slots.release()));
    });
  }

  /** The next session, or undefined when none came in time or the gate was shut. Rejects when the broker refuses. */
  async #accept(onReceiving: () => void): Promise<ServiceBusSessionReceiver | undefined> {
    // The SDK cannot call back an acceptance that waits. It is kept, and taken up again when the gate opens.
    this.#accepting ??= this.#acceptNext(++this.#attempt);
    const waits: Promise<ServiceBusSessionReceiver | undefined | void>[] = [
      this.#accepting,
      this.#gate.closed(),
    ];
    if (!this.#isReceiving) waits.push(this.#noticeWaiting(this.#attempt, onReceiving));
    try {
      const session = await Promise.race(waits);
      if (!this.#gate.isOpen) {
        if (session) await this.#giveUp(session);
        return undefined;
      }
      this.#accepting = undefined;
      this.#isReceiving = true;
      onReceiving();
      return session ?? undefined;
    } catch (error) {
      this.#accepting = undefined;
      this.#attempt += 1;
      this.#isReceiving = false;
      throw error;
    }
  }

  async #giveUp(session: ServiceBusSessionReceiver): Promise<void> {
    this.#accepting = undefined;
    await this.#release(session);
  }

  async #acceptNext(attempt: number): Promise<ServiceBusSessionReceiver | undefined> {
    const { client, trigger, options } = this.#options;
    const receiverOptions = {
      receiveMode: "peekLock",
      skipParsingBodyAsJson: true,
      maxAutoLockRenewalDurationInMs: Math.min(options.maxAutoLockRenewalDurationMs, longestRenewalMs),
    } as const;
    const { entity } = trigger;
    try {
      const session =
        "queue" in entity
          ? await client.acceptNextSession(entity.queue, receiverOptions)
          : await client.acceptNextSession(entity.topic, entity.subscription, receiverOptions);
      if (this.#gate.isOpen && attempt === this.#attempt) return session;
      await this.#release(session);
    } catch (error) {
      // No session had a message within the SDK's time-out: that is how waiting looks.
      if (isServiceBusError(error) && error.code === "ServiceTimeout") return undefined;
      if (this.#gate.isOpen) throw error;
    }
    if (attempt === this.#attempt) this.#accepting = undefined;
    return undefined;
  }

  /**
   * While no session comes, the entity's answer to another question shows that the acceptance was not refused: that was asked
   * first. Never resolves, so that the acceptance decides; rejects when there is no answer.
   */
  async #noticeWaiting(attempt: number, onReceiving: () => void): Promise<never> {
    const { client, trigger } = this.#options;
    const probe = openReceiver(client, trigger.entity);
    const asking = probe.peekMessages(1);
    try {
      const answer = await Promise.race([asking, this.#gate.delay(attachedWithinMs)]);
      if (answer === undefined && this.#gate.isOpen) {
        throw new Error(`The broker did not answer within ${attachedWithinMs} ms.`);
      }
    } finally {
      asking.catch(() => undefined);
      probe.close().catch(() => undefined);
    }
    if (attempt === this.#attempt && this.#accepting !== undefined && this.#gate.isOpen) {
      this.#isReceiving = true;
      onReceiving();
    }
    return await new Promise<never>(() => undefined);
  }

  async #serve(session: ServiceBusSessionReceiver): Promise<void> {
    const { dispatch, options, log } = this.#options;
    const renewedUntil = Date.now() + options.maxAutoLockRenewalDurationMs;
    this.#sessions.add(session);
    try {
      while (this.#gate.isOpen && Date.now() < renewedUntil) {
        const messages = await this.#take(session);
        if (messages.length === 0 || !this.#gate.isOpen) break;
        await dispatch(messages, session, this.#stopping.signal);
        if (session.isClosed) break;
      }
    } catch (error) {
      if (this.#gate.isOpen) log("information", `Session '${session.sessionId}' is lost: ${reasonOf(error)}`);
    } finally {
      await this.#release(session);
      this.#sessions.delete(session);
    }
  }

  /** The next messages of a session; none when it is idle or the gate is shut. */
  async #take(session: ServiceBusSessionReceiver): Promise<ServiceBusReceivedMessage[]> {
    const { trigger, options } = this.#options;
    const receiving = session.receiveMessages(1, { maxWaitTimeInMs: options.sessionIdleTimeoutMs });
    const first = await Promise.race([receiving, this.#gate.closed()]);
    if (first === undefined) {
      // Closing the session ends this receive; what it brings is given back.
      receiving.catch(() => undefined);
      return [];
    }
    if (trigger.cardinality === "one" || first.length === 0 || options.maxMessageBatchSize === 1)
      return first;
    const rest = await session.receiveMessages(options.maxMessageBatchSize - 1, {
      maxWaitTimeInMs: gatherMs,
    });
    return [...first, ...rest];
  }

  async #release(session: ServiceBusSessionReceiver): Promise<void> {
    // A session that is lost already needs no release.
    await session.close().catch(() => undefined);
  }
}
