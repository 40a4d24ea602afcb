import { systemClock } from "../../shared/kernel/clock.ts";
import type { Broker } from "../servicebus/broker.ts";
import type { OnEvent } from "./event.ts";
import type { EventSource } from "./event-source.ts";
import type { FleetFile } from "./fleet-file.ts";
import type { InstanceSettings } from "./instance-settings.ts";
import type { FleetLog } from "./log.ts";
import { waitUntilReady } from "./readiness.ts";
import type { Services } from "./services.ts";
import { SettingsWatch } from "./settings-watch.ts";
import type { SupervisedInstance } from "./supervised-instance.ts";

/** A fleet is ready within this time after its start; an instance that is not is told, with its reason. */
export const readyWithinMs = 15_000;

/** An instance as it is now. */
export interface InstanceView {
  readonly id: string;
  readonly role: string;
  readonly url: string;
  /** Null while no such process runs. */
  readonly hostPid: number | null;
  readonly workerPid: number | null;
}

/** What a fleet is made of; `startFleet` puts it together. */
export interface FleetParts {
  readonly stateDir: string;
  readonly file: FleetFile;
  readonly services: Services;
  readonly settings: InstanceSettings;
  readonly events: EventSource;
  readonly log: FleetLog;
  /** Starts the instances; they report changes through `onChange`. */
  readonly launch: (onChange: () => void) => SupervisedInstance[];
}

/** Instances that were not ready in time, each with the reason that it gave. */
export class NotReadyError extends Error {
  override readonly name = "NotReadyError";
}

/**
 * A running fleet: the instances and the services that they share. It keeps fleet.json current, recycles instances whose settings
 * files change, and ends when told to: first all instances, which may still need the services while they drain, then the services.
 */
export class Fleet {
  readonly stateDir: string;
  readonly #parts: FleetParts;
  readonly #instances: readonly SupervisedInstance[];
  readonly #startedAt = systemClock.monotonicMs();
  readonly #ending = new AbortController();
  #watch: Promise<SettingsWatch> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(parts: FleetParts) {
    this.stateDir = parts.stateDir;
    this.#parts = parts;
    this.#instances = parts.launch(() => this.#tell());
    this.#tell();
  }

  get instances(): readonly InstanceView[] {
    return this.#instances.map(({ id, role, url, hostPid, workerPid }) => ({
      id,
      role,
      url,
      hostPid,
      workerPid,
    }));
  }

  /** The connection string of the Service Bus that the instances use. */
  get serviceBus(): string {
    return this.#parts.services.serviceBus;
  }

  get serviceBusAdmin(): string {
    return this.#parts.services.serviceBusAdmin;
  }

  /** The connection string of the table service that the instances use. */
  get tables(): string {
    return this.#parts.services.tables;
  }

  /** The embedded broker; undefined when somebody else's Service Bus is used. */
  get broker(): Broker | undefined {
    return this.#parts.services.broker;
  }

  /** Whether it has been told to end. */
  get isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Listens to what instances and supervisor tell from now on; returns what ends the listening. */
  onEvent(listener: OnEvent): () => void {
    return this.#parts.events.listen(listener);
  }

  /** The instance of this id. Throws when there is none. */
  instance(id: string): InstanceView {
    const { role, url, hostPid, workerPid } = this.#find(id);
    return { id, role, url, hostPid, workerPid };
  }

  /** Begins to follow the settings files; settles when every later change will be seen. */
  async watchSettings(): Promise<void> {
    const { settings } = this.#parts;
    const files = [settings.sharedFile, ...this.#instances.map((instance) => settings.ownFile(instance))];
    this.#watch ??= SettingsWatch.start(files, (file) => this.#onSettings(file));
    await this.#watch;
  }

  /** Settles when every instance has said that it is ready. Throws NotReadyError when the time is over for some. */
  async waitReady(withinMs = readyWithinMs): Promise<void> {
    const answers = await Promise.all(this.#instances.map((instance) => this.#waitReady(instance, withinMs)));
    const missing = answers.filter((answer) => answer !== undefined);
    if (missing.length > 0) throw new NotReadyError(missing.join("\n"));
    this.#parts.log.fleetReady(Math.round(systemClock.monotonicMs() - this.#startedAt));
  }

  /** Kills a process of an instance as an accident would; returns its id. Throws when no such process runs. */
  kill(id: string, what: "host" | "worker", signal: NodeJS.Signals = "SIGKILL"): number {
    const instance = this.#find(id);
    const pid = what === "host" ? instance.hostPid : instance.workerPid;
    if (pid === null) throw new Error(`${id} has no ${what} at the moment`);
    this.#parts.log.killed(instance, what, pid);
    process.kill(pid, signal);
    return pid;
  }

  /** Lets all instances drain at once, then ends the services and removes fleet.json. Idempotent; calls share one end. */
  stop(reason = "Asked to stop"): Promise<void> {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }

  /** Kills every process at once. */
  killNow(): void {
    this.#ending.abort();
    for (const instance of this.#instances) instance.killForGood();
    this.#parts.file.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(reason: string): Promise<void> {
    const { log, services, file } = this.#parts;
    const began = systemClock.monotonicMs();
    log.stopping(reason);
    this.#ending.abort();
    const watchEnd = this.#watch?.then((watch) => watch.close());
    await Promise.all(this.#instances.map((instance) => instance.stop()));
    await watchEnd;
    await services.close();
    file.remove();
    log.stopped(Math.round(systemClock.monotonicMs() - began));
  }

  async #waitReady(instance: SupervisedInstance, withinMs: number): Promise<string | undefined> {
    const { log } = this.#parts;
    const answer = await waitUntilReady(instance.url, {
      clock: systemClock,
      withinMs,
      signal: this.#ending.signal,
    });
    const ms = Math.round(systemClock.monotonicMs() - this.#startedAt);
    if (answer.ready) {
      log.ready(instance, ms);
      return undefined;
    }
    if (!this.#ending.signal.aborted) log.notReady(instance, answer.reason, ms);
    return `${instance.id}: ${answer.reason}`;
  }

  async #onSettings(file: string): Promise<void> {
    const { settings, log } = this.#parts;
    const isShared = file === settings.sharedFile;
    const concerned = this.#instances.filter((instance) => isShared || file === settings.ownFile(instance));
    for (const instance of concerned) {
      if (this.#ending.signal.aborted || !(await settings.haveChanged(instance))) continue;
      log.recycling(instance, file);
      await instance.recycle();
      // One after the other: settings for all must not take the whole fleet down at once.
      if (isShared) await this.#waitReady(instance, readyWithinMs);
    }
  }

  #find(id: string): SupervisedInstance {
    const instance = this.#instances.find((candidate) => candidate.id === id);
    if (!instance)
      throw new Error(
        `No instance ${id} in this fleet: there are ${this.#instances.map((i) => i.id).join(", ")}`,
      );
    return instance;
  }

  #tell(): void {
    // The first changes come while the instances are being made, and the last ones when the file is already gone.
    if (this.#instances === undefined || this.#stopping !== undefined) return;
    const { file, services } = this.#parts;
    const { serviceBus, serviceBusAdmin, tables } = services;
    file.write({ instances: [...this.instances], serviceBus, serviceBusAdmin, tables });
  }
}
