import type { Clock } from "../../shared/kernel/clock.ts";
import { parseLine, type OnEvent } from "./event.ts";
import { HostProcess, type HostLaunch } from "./host-process.ts";
import type { InstanceSpec } from "./instance-list.ts";
import type { FleetLog } from "./log.ts";
import { RestartPolicy } from "./restart-policy.ts";

/** How long a host may drain before it is killed. With the services' end it must fit into the 15 s that a stop may take. */
export const hostDrainMs = 10_000;

export interface SupervisedInstanceOptions {
  readonly spec: InstanceSpec;
  readonly port: number;
  /** Asked for before every start, so that each start sees the settings of its moment. Must not reject. */
  readonly launch: () => Promise<HostLaunch>;
  readonly log: FleetLog;
  readonly clock: Clock;
  readonly onEvent: OnEvent;
  /** Something that fleet.json tells has changed. */
  readonly onChange: () => void;
}

/**
 * One instance, kept running: a host is started; when it ends by itself another is started after the wait that the policy says;
 * when it was asked to recycle, at once; when the instance is stopped, never. The port stays the same through all of it.
 */
export class SupervisedInstance {
  readonly id: string;
  readonly role: string;
  readonly url: string;
  readonly #options: SupervisedInstanceOptions;
  readonly #policy: RestartPolicy;
  readonly #stop = new AbortController();
  #host: HostProcess | undefined;
  #wait = new AbortController();
  #recycling: Promise<void> | undefined;
  #started: (() => void)[] = [];
  readonly #done: Promise<void>;

  constructor(options: SupervisedInstanceOptions) {
    this.id = options.spec.id;
    this.role = options.spec.role;
    this.url = `http://127.0.0.1:${options.port}`;
    this.#options = options;
    this.#policy = new RestartPolicy(() => options.clock.monotonicMs());
    this.#done = this.#keepRunning();
  }

  get hostPid(): number | null {
    return this.#host?.pid ?? null;
  }

  get workerPid(): number | null {
    return this.#host?.workerPid ?? null;
  }

  /** Lets the host drain and starts it anew. Settles when the new one has been started; calls meanwhile share one recycle. */
  recycle(): Promise<void> {
    this.#recycling ??= this.#startAnew().finally(() => (this.#recycling = undefined));
    return this.#recycling;
  }

  /** Lets the host drain and starts none again. Idempotent. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wait.abort();
    await this.#host?.stop(hostDrainMs);
    await this.#done;
  }

  /** Kills host and worker at once and starts none again. */
  killForGood(): void {
    this.#stop.abort();
    this.#wait.abort();
    this.#host?.kill();
  }

  async #startAnew(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const started = new Promise<void>((resolve) => this.#started.push(resolve));
    // A host that waits to be started again need not wait longer: the settings may be what it lacked.
    this.#wait.abort();
    await this.#host?.stop(hostDrainMs);
    await started;
  }

  async #keepRunning(): Promise<void> {
    const { spec, log, clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      const launch = await this.#options.launch();
      if (this.#stop.signal.aborted) break;
      const end = await this.#runHost(launch);
      if (this.#stop.signal.aborted || this.#recycling) continue;
      const restart = this.#policy.afterEnd();
      log.hostEnded(spec, end, restart);
      this.#wait = new AbortController();
      await clock.delay(restart.delayMs, this.#wait.signal);
    }
    for (const resolve of this.#started.splice(0)) resolve();
  }

  async #runHost(launch: HostLaunch) {
    const { spec, log, clock, onEvent, onChange } = this.#options;
    const host = new HostProcess(launch, {
      onLine: (line) => onEvent(parseLine(line, spec, () => clock.now())),
      onWorker: (pid) => {
        log.workerChanged(spec, pid);
        onChange();
      },
    });
    this.#host = host;
    log.hostStarted(spec, host.pid);
    onChange();
    for (const resolve of this.#started.splice(0)) resolve();
    const end = await host.ended;
    this.#host = undefined;
    onChange();
    return end;
  }
}
