import type { Clock } from "../../kernel/clock.ts";
import type { RouterConfig } from "../../kernel/config.ts";
import { isFor, type Command } from "../repository/command.ts";
import type { DesiredState } from "../repository/desired.ts";
import type { LoadFailure, LoadFailures } from "../repository/events.ts";
import { unknownTable, type RoutingTables } from "../repository/tables.ts";
import type { ServedTable, ServedTables } from "../served-table.ts";
import { bootFromFile, bootFromRepository } from "./boot.ts";
import type { Loader } from "./loader.ts";
import type { TablesLog } from "./log.ts";
import { TableSlot } from "./slot.ts";
import { encodeStatus } from "./table-status.ts";

/** Tables beside its own that an instance serves; the one that was asked for longest ago goes first. */
const maxOthers = 8;

/** Failed loads that wait to be written down; what failed is most often that which they are written to. */
const maxUnwritten = 20;

export interface ServingParts {
  repository: RoutingTables;
  desired: DesiredState;
  failures: LoadFailures;
  loader: Loader;
  /** Which instance of which role this is, and the table for messages that name none. */
  self: { role: string; instance: string; table: string };
  /** Where the instance's own table comes from at start, and where from at a refresh. Other tables come from the repository. */
  bootSource: RouterConfig["bootSource"];
  runtimeSource: RouterConfig["runtimeSource"];
  readFile: () => Promise<string>;
  /** Puts the status where others read it, with the next write of this instance's row. */
  publish: (status: string) => void;
  /** Writes that row now. */
  publishNow: () => Promise<unknown>;
  clock: Clock;
  log: TablesLog;
}

/**
 * The tables that this instance serves. It looks for commands at every heartbeat and whenever it is told to, and then does what the newest
 * command for it says; so neither order nor loss of what tells it to look matters. A look costs one table call while there is no new
 * command, and another if there is; a load costs one for each chunk of the table, and its compilation.
 */
export class Serving implements ServedTables {
  readonly #parts: ServingParts;
  readonly #own: TableSlot;
  /** In the order of their use. */
  readonly #others = new Map<string, TableSlot>();
  readonly #opening = new Map<string, Promise<TableSlot>>();
  #seen: { revision: number; commands: readonly Command[] } | undefined;
  #looking: Promise<void> | undefined;
  #isToldAgain = false;
  #unwritten: LoadFailure[] = [];
  #published = "";

  constructor(parts: ServingParts) {
    this.#parts = parts;
    this.#own = this.#makeSlot(parts.self.table);
  }

  /** The table that serves under this name now; without a name, the instance's own. No table call once it is loaded. */
  async serving(name = this.#parts.self.table): Promise<ServedTable> {
    if (name === this.#own.name) {
      if (this.#own.served) return this.#own.served;
      await this.#looking;
      return await this.#own.whenServed();
    }
    const slot = this.#others.get(name) ?? (await this.#open(name));
    this.#others.delete(name);
    this.#others.set(name, slot);
    return slot.served ?? (await slot.whenServed());
  }

  countRouted({ name, version }: ServedTable, inbound: string): void {
    const slot = name === this.#own.name ? this.#own : this.#others.get(name);
    slot?.counts.count(version, inbound);
  }

  /**
   * Looks what is to serve, and loads it; the first look boots. Never throws: what serves goes on, what went wrong is told, and the next look
   * tries again. Whoever asks while a look is under way gets one that began later.
   */
  look(): Promise<void> {
    if (this.#looking) {
      this.#isToldAgain = true;
      return this.#looking;
    }
    this.#looking = this.#lookUntilStill().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Has a look begin, and returns at once: a load may take longer than a heartbeat may wait. */
  lookSoon(): void {
    // It never throws, and `look` waits for it.
    void this.look();
  }

  async #lookUntilStill(): Promise<void> {
    do {
      this.#isToldAgain = false;
      await this.#readCommands();
      for (const slot of this.#slots()) await slot.obey(this.#commandFor(slot.name));
      await this.#writeFailures();
      await this.#tell();
    } while (this.#isToldAgain);
  }

  async #readCommands(): Promise<void> {
    const { desired, log } = this.#parts;
    try {
      const revision = await desired.revision();
      // Read in this order: the commands are at least as new as the revision.
      if (revision !== this.#seen?.revision)
        this.#seen = { revision, commands: revision === 0 ? [] : await desired.commands() };
    } catch (error) {
      log.lookFailed(error);
    }
  }

  /** The command with the highest revision of those for this table of this instance. */
  #commandFor(table: string): Command | undefined {
    const { role: application, instance: machine } = this.#parts.self;
    const isMeant = (command: Command): boolean =>
      isFor(command, { table, application, machine }) &&
      (command.action !== "refresh" || Object.hasOwn(command.versions, table) || this.#isFromFile(table));
    const commands = this.#seen?.commands.filter(isMeant) ?? [];
    return commands.sort((a, b) => b.revision - a.revision)[0];
  }

  #isFromFile(table: string): boolean {
    const { runtimeSource, self } = this.#parts;
    return runtimeSource === "file" && table === self.table;
  }

  #slots(): TableSlot[] {
    return [this.#own, ...this.#others.values()];
  }

  #makeSlot(name: string): TableSlot {
    const { repository, loader, self, bootSource, readFile, clock, log } = this.#parts;
    const isFileBoot = bootSource === "file" && name === self.table;
    return new TableSlot(name, {
      instance: self.instance,
      boot: isFileBoot ? bootFromFile(readFile) : bootFromRepository(repository, name),
      load: (wanted) => loader.load(name, wanted),
      refreshFrom: (versions) =>
        this.#isFromFile(name) ? { from: "file" } : { from: "repository", version: versions[name] ?? 0 },
      onFailure: (failure) => this.#note(failure),
      clock,
      log,
    });
  }

  /** Loads a table that was named for the first time; those who name it meanwhile wait for the same load. */
  async #open(name: string): Promise<TableSlot> {
    const known = this.#opening.get(name);
    if (known) return await known;
    const opening = this.#openNow(name).finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return await opening;
  }

  async #openNow(name: string): Promise<TableSlot> {
    const command = this.#commandFor(name);
    if (!command && !(await this.#parts.repository.pointer(name))) throw unknownTable(name);
    const slot = this.#makeSlot(name);
    await slot.obey(command);
    this.#others.set(name, slot);
    for (const oldest of this.#others.keys()) {
      if (this.#others.size <= maxOthers) break;
      this.#others.delete(oldest);
    }
    return slot;
  }

  #note(failure: LoadFailure): void {
    this.#unwritten = [...this.#unwritten, failure].slice(-maxUnwritten);
  }

  async #writeFailures(): Promise<void> {
    const { failures, log } = this.#parts;
    try {
      for (let next = this.#unwritten[0]; next; next = this.#unwritten[0]) {
        await failures.add(next);
        this.#unwritten.shift();
      }
    } catch (error) {
      log.failureUnwritten(error);
    }
  }

  /** Counts go with the heartbeat; what changes otherwise is written at once. */
  async #tell(): Promise<void> {
    const { publish, publishNow, log } = this.#parts;
    const status = this.#slots().map((slot) => slot.status());
    publish(encodeStatus(status));
    const lasting = JSON.stringify(
      status.map(({ name, version, revision, lastError }) => [name, version, revision, lastError?.revision]),
    );
    if (lasting === this.#published) return;
    try {
      await publishNow();
      this.#published = lasting;
    } catch (error) {
      log.statusUnwritten(error);
    }
  }
}
