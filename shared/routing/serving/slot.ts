import type { Clock } from "../../kernel/clock.ts";
import { reasonOf } from "../../kernel/log.ts";
import { Problem } from "../../kernel/problem.ts";
import type { Command } from "../repository/command.ts";
import type { LoadFailure } from "../repository/events.ts";
import type { ServedTable } from "../served-table.ts";
import type { Boot } from "./boot.ts";
import type { Wanted } from "./loader.ts";
import type { TablesLog } from "./log.ts";
import { RoutedCounts } from "./routed-counts.ts";
import type { TableStatus } from "./table-status.ts";

export interface SlotParts {
  instance: string;
  boot: Boot;
  load: (wanted: Wanted) => Promise<ServedTable>;
  /** What a refresh loads: the version that was pinned for this table, or the file. */
  refreshFrom: (versions: Readonly<Record<string, number>>) => Wanted;
  /** Writes a failed load down. */
  onFailure: (failure: LoadFailure) => void;
  clock: Clock;
  log: TablesLog;
}

/** When nothing can serve, the next attempt costs as much as the last: it is not made with every look. */
const retryAfterMs = 30_000;

/** Older versions that are tried when the one that is to serve cannot. */
const maxOlder = 10;

/**
 * One table on this instance.
 *
 * not loaded → serving, then from one version to the next: by the command with the highest revision that is for it, or without one by the
 * boot source. What serves is one reference that is replaced at once; a message keeps the one it began with. A load that fails leaves
 * it as it is. Only where nothing serves yet does an older version stand in. What fails because a service is away is tried again
 * with the next look; what cannot work is not, until another command says so.
 */
export class TableSlot {
  readonly name: string;
  readonly counts = new RoutedCounts();
  readonly #parts: SlotParts;
  #served: ServedTable | undefined;
  #source: Wanted["from"] | undefined;
  #since: string | undefined;
  /** The command that was carried out or cannot be; 0 for the boot source. */
  #settled: number | undefined;
  #retryAtMs = 0;
  #lastError: TableStatus["lastError"];
  #told = "";
  #turn: Promise<void> = Promise.resolve();

  constructor(name: string, parts: SlotParts) {
    this.name = name;
    this.#parts = parts;
  }

  get served(): ServedTable | undefined {
    return this.#served;
  }

  /** What serves, when what is going on has ended. Throws Problem `not-loaded`. */
  async whenServed(): Promise<ServedTable> {
    await this.#turn;
    if (this.#served) return this.#served;
    const why = this.#lastError ? `: ${this.#lastError.reason}` : "";
    throw new Problem(
      "not-loaded",
      `The routing table '${this.name}' is not loaded on this instance yet${why}`,
      {
        retryAfterSeconds: 5,
      },
    );
  }

  /** Does what the command says, undefined if there is none for this table. Never throws: what went wrong is in the status. */
  obey(command: Command | undefined): Promise<void> {
    const next = this.#turn.then(() => this.#obey(command));
    this.#turn = next;
    return next;
  }

  status(): TableStatus {
    const inbound = Object.keys(this.#served?.compiled.table.inbound ?? {});
    const version = this.#served?.version ?? null;
    return {
      name: this.name,
      version,
      source: this.#source ?? null,
      since: this.#since ?? null,
      revision: this.#settled ?? 0,
      inbound: Object.fromEntries(inbound.map((name) => [name, this.counts.of(version ?? "", name)])),
      routed: this.counts.totals(),
      ...(this.#lastError ? { lastError: this.#lastError } : {}),
    };
  }

  async #obey(command: Command | undefined): Promise<void> {
    const revision = command?.revision ?? 0;
    const isSettled = this.#settled === revision;
    if (isSettled && (this.#served || this.#parts.clock.monotonicMs() < this.#retryAtMs)) return;
    let wanted: Wanted | undefined;
    try {
      wanted = await this.#wantedBy(command);
      // Nothing has been stored or activated yet: nothing is wrong.
      if (wanted) this.#serve(await this.#parts.load(wanted), wanted, revision);
      this.#lastError = undefined;
    } catch (error) {
      await this.#fail(revision, wanted, error);
    }
  }

  async #wantedBy(command: Command | undefined): Promise<Wanted | undefined> {
    const { boot, refreshFrom } = this.#parts;
    if (command && command.action !== "reset") {
      // Found out now all the same: a reset leads back to what was there at the beginning. If it cannot be, it is when it is needed.
      await boot.find().catch(() => undefined);
      return command.action === "set"
        ? { from: "set", content: command.content }
        : refreshFrom(command.versions);
    }
    const booted = await boot.find();
    if (!booted && this.#served)
      throw new Problem("unknown-table", "there was no table at boot that a reset could lead back to");
    return booted;
  }

  #serve(served: ServedTable, wanted: Wanted, revision: number): void {
    const { clock, log } = this.#parts;
    this.#settled = revision;
    if (served.version === this.#served?.version) return;
    this.#served = served;
    this.#source = wanted.from;
    this.#since = clock.now().toISOString();
    log.serving(this.name, served.version, revision);
  }

  async #fail(revision: number, wanted: Wanted | undefined, error: unknown): Promise<void> {
    const { clock, log, instance, onFailure } = this.#parts;
    const isFinal = error instanceof Problem;
    if (isFinal) {
      if (!this.#served) await this.#standIn(revision, wanted);
      this.#settled = revision;
      this.#retryAtMs = clock.monotonicMs() + retryAfterMs;
    }
    const [at, reason] = [clock.now().toISOString(), reasonOf(error)];
    this.#lastError = { at, revision, reason };
    // It is tried again and again, and told once.
    const failure = `${revision} ${isFinal ? "final" : "passing"}`;
    if (this.#told === failure) return;
    this.#told = failure;
    const serving = this.#served?.version ?? "nothing";
    log.loadFailed(this.name, describe(wanted), serving, error);
    onFailure({ at, instance, table: this.name, wanted: describe(wanted), serving, revision, reason });
  }

  /** Serves what was there at boot, or the newest older version that can. */
  async #standIn(revision: number, failed: Wanted | undefined): Promise<void> {
    const candidates = await this.#candidates(failed);
    for (const wanted of candidates) {
      try {
        this.#serve(await this.#parts.load(wanted), wanted, revision);
        return;
      } catch {
        // The first error is the one that is told; this one leads to the next candidate.
      }
    }
  }

  async #candidates(failed: Wanted | undefined): Promise<Wanted[]> {
    const newest =
      failed?.from === "repository" ? failed : await this.#parts.boot.find().catch(() => undefined);
    if (newest?.from !== "repository") return newest && newest !== failed ? [newest] : [];
    const from = newest === failed ? newest.version - 1 : newest.version;
    const count = Math.max(0, Math.min(from, maxOlder));
    return Array.from({ length: count }, (_, index) => ({ from: "repository", version: from - index }));
  }
}

function describe(wanted: Wanted | undefined): string {
  if (!wanted) return "the boot source";
  if (wanted.from === "repository") return `version ${wanted.version}`;
  return wanted.from === "set" ? `the table that was set (${wanted.content.hash.slice(0, 8)})` : "the file";
}
