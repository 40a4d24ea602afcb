import {
  type ServiceBusReceivedMessage,
  type ServiceBusSessionReceiver,
  isServiceBusError,
} from "@azure/service-bus";
import { messageOf } from "../log/log.ts";
import { backOff } from "./back-off.ts";
import { gatherMs } from "./batch.ts";
import { Calls, within } from "./calls.ts";
import { Gate } from "./gate.ts";
import { type Pump, type PumpOptions, giveBackMs } from "./pump.ts";
import { Slots } from "./slots.ts";
import { openReceiver } from "./subscription.ts";

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
  #isReceiving = false;
  #failures = 0;

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
    while (await this.#gate.pass()) {
      await this.#slots.acquire();
      const session = this.#gate.isOpen ? await this.#accept() : undefined;
      if (session === undefined) this.#slots.release();
      else void this.#calls.add(this.#serve(session).finally(() => this.#slots.release()));
    }
  }

  /** The next session, or undefined when none came in time, when the broker refused, or when the gate was shut. */
  async #accept(): Promise<ServiceBusSessionReceiver | undefined> {
    // The SDK cannot call back an acceptance that waits. It is kept, and taken up again when the gate opens.
    this.#accepting ??= this.#acceptNext();
    const accepting = this.#accepting;
    try {
      if (!this.#isReceiving) void this.#noticeWaiting(accepting);
      const session = await Promise.race([accepting, this.#gate.closed()]);
      if (!this.#gate.isOpen) return undefined;
      this.#accepting = undefined;
      this.#receiving();
      return session ?? undefined;
    } catch (error) {
      this.#accepting = undefined;
      this.#isReceiving = false;
      this.#options.events.failing(error);
      await this.#gate.delay(backOff(this.#failures++, this.#options.options.retry));
      return undefined;
    }
  }

  async #acceptNext(): Promise<ServiceBusSessionReceiver | undefined> {
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
      if (this.#gate.isOpen) return session;
      await this.#release(session);
    } catch (error) {
      // No session had a message within the SDK's time-out: that is how waiting looks.
      if (isServiceBusError(error) && error.code === "ServiceTimeout") return undefined;
      if (this.#gate.isOpen) throw error;
    }
    this.#accepting = undefined;
    return undefined;
  }

  /** While no session comes, the entity's own answer shows that the acceptance was not refused: it was asked for later. */
  async #noticeWaiting(accepting: Promise<unknown>): Promise<void> {
    const { client, trigger } = this.#options;
    const probe = openReceiver(client, trigger.entity);
    try {
      await probe.peekMessages(1);
      if (this.#accepting === accepting && this.#gate.isOpen) this.#receiving();
    } catch {
      // The acceptance fails for the same reason and reports it.
    } finally {
      await probe.close().catch(() => undefined);
    }
  }

  #receiving(): void {
    this.#failures = 0;
    this.#isReceiving = true;
    this.#options.events.receiving();
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
      if (this.#gate.isOpen) log("warning", `Session '${session.sessionId}' is lost: ${messageOf(error)}`);
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
