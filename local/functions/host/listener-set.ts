import { setTimeout as sleep } from "node:timers/promises";
import type { CreateListener, Invoker, Listener } from "../core/listener.ts";
import { logAs, messageOf, type Log, type LogSink } from "../log/log.ts";
import { createListener as createServiceBusListener } from "../servicebus/listener.ts";
import type { Settings } from "../settings/settings.ts";
import { createListener as createTimerListener } from "../timer/listener.ts";
import type { HostedFunction } from "./function-catalog.ts";
import type { Timings } from "./timings.ts";

/** By trigger type in lower case, what receives for it; HTTP has no listener of this kind. */
const listenerKinds: Readonly<Record<string, CreateListener>> = {
  servicebustrigger: createServiceBusListener,
  timertrigger: createTimerListener,
};

interface Held {
  readonly listener: Listener;
  readonly log: Log;
  /** The metadata that it was made from; an app that changed its mind gets a new listener. */
  readonly fingerprint: string;
  /** The attempts to start it, while it has not started. */
  starting: Promise<void> | undefined;
}

/** What the set is made with. */
export interface ListenerSetOptions {
  readonly settings: Settings;
  readonly invoker: Invoker;
  readonly timings: Timings;
  readonly sink: LogSink;
}

/**
 * The listeners of all triggers that are not HTTP. They run while there is a worker: `sync` and `resume` when one has loaded, `pause`
 * when it is gone. One that cannot start is tried again with back-off, and the host goes on without it.
 */
export class ListenerSet {
  readonly #options: ListenerSetOptions;
  readonly #held = new Map<string, Held>();
  readonly #stopped = new AbortController();
  #isPaused = true;

  constructor(options: ListenerSetOptions) {
    this.#options = options;
  }

  /** Makes the listeners that these functions need, and ends the others. Returns a reason for each function that cannot have one. */
  async sync(functions: readonly HostedFunction[]): Promise<Map<string, string>> {
    const problems = new Map<string, string>();
    const wanted = new Map<string, string>();
    for (const hosted of functions) {
      const { metadata, trigger } = hosted;
      const create = trigger === undefined ? undefined : listenerKinds[trigger.type.toLowerCase()];
      if (create === undefined || hosted.isDisabled || hosted.problem !== undefined) continue;
      wanted.set(metadata.name, JSON.stringify(metadata));
    }
    await this.#dropAllBut(wanted);
    for (const { metadata, trigger } of functions) {
      const fingerprint = wanted.get(metadata.name);
      if (fingerprint === undefined || trigger === undefined || this.#held.has(metadata.name)) continue;
      const create = listenerKinds[trigger.type.toLowerCase()];
      if (create === undefined) continue;
      const log = logAs(this.#options.sink, `Host.Triggers.${metadata.name}`);
      const { settings, invoker } = this.#options;
      try {
        const listener = create(metadata, trigger, { settings, hostJson: settings.hostJson, invoker, log });
        this.#held.set(metadata.name, { listener, log, fingerprint, starting: undefined });
      } catch (error) {
        problems.set(metadata.name, messageOf(error));
      }
    }
    return problems;
  }

  /** Lets all receive. Resolves when each has started or failed to for the first time. */
  async resume(): Promise<void> {
    this.#isPaused = false;
    await Promise.all([...this.#held].map(([name, held]) => this.#start(name, held)));
  }

  pause(): void {
    this.#isPaused = true;
    for (const { listener } of this.#held.values()) listener.pause();
  }

  /** Ends all for good; each waits at most this long for what it has in flight. */
  async stop(drainMs: number): Promise<void> {
    this.#isPaused = true;
    this.#stopped.abort();
    await Promise.all([...this.#held.values()].map(({ listener }) => listener.stop(drainMs)));
  }

  async #dropAllBut(wanted: ReadonlyMap<string, string>): Promise<void> {
    const gone = [...this.#held].filter(([name, held]) => wanted.get(name) !== held.fingerprint);
    for (const [name] of gone) this.#held.delete(name);
    await Promise.all(gone.map(([, { listener }]) => listener.stop(0)));
  }

  async #start(name: string, held: Held): Promise<void> {
    const failed = await this.#tryStart(name, held);
    if (failed && held.starting === undefined) {
      held.starting = this.#startAgain(name, held).finally(() => (held.starting = undefined));
    }
  }

  async #startAgain(name: string, held: Held): Promise<void> {
    const { listenerRetryMs, maxListenerRetryMs } = this.#options.timings;
    const { signal } = this.#stopped;
    for (let delayMs = listenerRetryMs; ; delayMs = Math.min(delayMs * 2, maxListenerRetryMs)) {
      // Aborted means stopped, which the next line sees.
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || this.#isPaused || this.#held.get(name) !== held) return;
      if (!(await this.#tryStart(name, held))) return;
    }
  }

  /** Returns whether it failed. */
  async #tryStart(name: string, held: Held): Promise<boolean> {
    try {
      await held.listener.start();
    } catch (error) {
      held.log("error", `The listener for function '${name}' was unable to start; it is tried again.`, error);
      return true;
    }
    // The worker, or the whole host, may have gone while the connection was being made.
    if (this.#stopped.signal.aborted) await held.listener.stop(0);
    else if (this.#isPaused) held.listener.pause();
    return false;
  }
}
