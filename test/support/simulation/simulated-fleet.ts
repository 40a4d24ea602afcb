import { entities } from "../../../shared/bus/topology.ts";
import type { OnRecycle, RecycleMode } from "../../../shared/recycle/act.ts";
import { InMemoryTable } from "../in-memory-table.ts";
import { SimulatedBroker, type Held } from "./broker.ts";
import { Observer } from "./observer.ts";
import { SimulatedProcess, simulatedTimes, type Surroundings } from "./simulated-process.ts";
import { tableFor } from "./simulated-table.ts";
import type { Variants } from "./variants.ts";
import type { Actor, World } from "./world.ts";

export interface FleetOptions {
  instances: readonly { id: string; role: string }[];
  refusing?: readonly string[];
  clocksAheadMs?: readonly number[];
  modes?: Readonly<Record<string, "log-only" | "restart-app">>;
  variants: Variants;
}

/** The processes of all instances, their tables and their broker. Restarts what ends, as the platform does. */
export class SimulatedFleet {
  readonly world: World;
  readonly broker: SimulatedBroker;
  readonly observer: Observer;
  readonly #options: FleetOptions;
  readonly #surroundings: Surroundings;
  readonly #tables = { instances: new InMemoryTable(), operations: new InMemoryTable() };
  readonly #lost = new Set<string>();
  #processes: SimulatedProcess[] = [];
  #booted = 0;
  #pauses = 0;
  #restarts = 0;

  constructor(world: World, options: FleetOptions) {
    const { instances, refusing = [], clocksAheadMs = [0], variants } = options;
    this.world = world;
    this.#options = options;
    this.broker = new SimulatedBroker(
      world,
      instances.map(({ id, role }) => ({ topic: entities.control, instance: id, role })),
    );
    this.observer = new Observer(world, this.#tables);
    this.#surroundings = {
      world,
      broker: this.broker,
      variants,
      tables: (actor) => this.#tablesFor(actor),
      clockAheadMs: (number) => clocksAheadMs[number % clocksAheadMs.length] ?? 0,
      mode: (process) => this.#mode(process),
      onRecycle: (process) => this.#onRecycle(process, refusing),
      ended: (process, exitCode) => {
        world.tell(`${process.name}: ends with ${exitCode}`);
        this.#end(process);
        this.#restart(process.instance);
      },
    };
    for (const { id } of instances) this.#boot(id);
  }

  /** The processes that live, paused or not. */
  get processes(): readonly SimulatedProcess[] {
    return this.#processes;
  }

  get serving(): SimulatedProcess[] {
    return this.#processes.filter(({ isServing, isPaused }) => isServing && !isPaused);
  }

  isLost(instance: string): boolean {
    return this.#lost.has(instance);
  }

  /** Whether every instance that is to come back is back, and nothing stands still or is on its way out. */
  get isAtRest(): boolean {
    return (
      this.#pauses === 0 &&
      this.#restarts === 0 &&
      this.#processes.every(({ isServing, isRecycling }) => isServing && !isRecycling)
    );
  }

  /** Messages that can be received now, each with who may receive it. */
  deliverable(): { held: Held; receivers: SimulatedProcess[] }[] {
    const { serving } = this;
    return this.broker.ready().flatMap((held) => {
      const receivers =
        held.queue === entities.recycleRequests
          ? serving
          : serving.filter(
              ({ instance }) => held.queue === SimulatedBroker.queueOf(entities.control, instance),
            );
      return receivers.length > 0 ? [{ held, receivers }] : [];
    });
  }

  deliver(held: Held, process: SimulatedProcess): void {
    this.broker.hold(held, process);
    void process.receive(held);
  }

  /** Ends a process as `kill -9` would. */
  crash(process: SimulatedProcess): void {
    this.#end(process);
    this.#restart(process.instance);
  }

  /** Ends every process of an instance, which never boots again. */
  lose(instance: string): void {
    this.#lost.add(instance);
    for (const process of this.#processes.filter((one) => one.instance === instance)) this.#end(process);
  }

  /** Lets a process stand still. Its timers wait, and its locks run out. */
  pause(process: SimulatedProcess, forMs: number): void {
    process.isPaused = true;
    this.#pauses += 1;
    this.world.after(simulatedTimes.lockMs, () => {
      if (process.isPaused) this.broker.releaseAll(process);
    });
    this.world.after(forMs, () => {
      process.isPaused = false;
      this.#pauses -= 1;
      this.world.tell(`${process.name}: goes on after its pause`);
    });
  }

  /** Boots another process with the id of one that lives. */
  twin(instance: string): void {
    this.#boot(instance);
  }

  #boot(id: string): void {
    const identity = this.#options.instances.find((one) => one.id === id);
    if (!identity) throw new Error(`There is no instance ${id}`);
    this.#booted += 1;
    this.#processes.push(new SimulatedProcess(this.#surroundings, this.#booted, identity));
  }

  #end(process: SimulatedProcess): void {
    this.#processes = this.#processes.filter((one) => one !== process);
    this.world.kill(process);
    this.broker.releaseAll(process);
    for (const tell of process.onDeath) tell();
  }

  #restart(instance: string): void {
    if (this.#lost.has(instance)) return;
    this.#restarts += 1;
    this.world.after(simulatedTimes.bootMs, () => {
      this.#restarts -= 1;
      if (!this.#lost.has(instance)) this.#boot(instance);
    });
  }

  #tablesFor(actor: Actor) {
    const { instances, operations } = this.#tables;
    return {
      instances: tableFor(this.world, actor, instances, (role, id) =>
        this.observer.afterInstanceWrite(role, id),
      ),
      operations: tableFor(this.world, actor, operations, (partition, row) =>
        this.observer.afterOperationWrite(partition, row),
      ),
    };
  }

  #mode(process: SimulatedProcess): RecycleMode {
    const kind = this.#options.modes?.[process.instance] ?? "end-worker";
    if (kind !== "restart-app") return { kind };
    const restart = async () => {
      this.world.after(simulatedTimes.bootMs, () => {
        if (process.isAlive) this.crash(process);
      });
    };
    return { kind, restart };
  }

  #onRecycle(process: SimulatedProcess, refusing: readonly string[]): OnRecycle {
    return ({ operation }) => {
      const { instance, incarnation } = process;
      this.world.tell(`${process.name}: ACTS for ${operation.slice(0, 6)}`);
      this.observer.act({ operation, instance, incarnation });
      if (refusing.includes(instance)) throw new Error("the application refuses");
    };
  }
}
