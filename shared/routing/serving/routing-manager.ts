import { createHash, randomUUID } from "node:crypto";
import type { Outbox } from "../../bus/outbox.ts";
import { entities } from "../../bus/topology.ts";
import { everyRole } from "../../kernel/names.ts";
import { Problem } from "../../kernel/problem.ts";
import type { RoutingLook } from "../message.ts";
import { every, type Order, type Target } from "../repository/command.ts";
import type { DesiredState } from "../repository/desired.ts";
import type { Pointer } from "../repository/pointer.ts";
import { unknownTable, type RoutingTables } from "../repository/tables.ts";
import type { RoutingTable } from "../table.ts";
import type { Loader } from "./loader.ts";
import type { TablesLog } from "./log.ts";

/** An instance of the fleet, as far as commands and their status go. */
export interface Member {
  id: string;
  role: string;
  state: string;
  lastSeen: string;
  /** What its row says of its tables. */
  tables: string;
}

/** Whom a command is for, who gives it, and the key under which a repeated request is the same command. */
export interface Addressing {
  application: string;
  machine: string;
  by: string;
  key?: string | undefined;
}

/** A command that was given. */
export interface Given {
  revision: number;
  /** The instances that it is for, as the fleet is now; those that come later obey it too. */
  instances: readonly Pick<Member, "id" | "role" | "state">[];
}

export interface ManagerParts {
  repository: RoutingTables;
  desired: DesiredState;
  loader: Loader;
  readFleet: () => Promise<readonly Member[]>;
  outbox: Outbox;
  self: { instance: string; table: string };
  /** Whether instances with settings like this one's refresh their own table from a file. */
  isFromFile: boolean;
  log: TablesLog;
}

/**
 * Tells running instances which table to serve, by application (role) and machine (instance). A command is kept for its target first, so
 * that it holds for instances that start later and for those that miss the message; then everybody is told to look.
 */
export class RoutingManager {
  readonly #parts: ManagerParts;

  constructor(parts: ManagerParts) {
    this.#parts = parts;
  }

  /**
   * Makes them load the version that is active now: of this table, or of every table that they serve. Throws Problem `unknown-role`,
   * `unknown-instance`, `unknown-table`.
   */
  async refresh(addressing: Addressing, table?: string): Promise<Given> {
    return await this.#give(table ?? every, addressing, async () => ({
      action: "refresh",
      versions: table === undefined ? await this.#activeVersions() : await this.#activeVersion(table),
    }));
  }

  /** Makes them serve this table, which is not stored as a version. Throws Problem `invalid-request` beside those of `refresh`. */
  async set(addressing: Addressing, table: RoutingTable): Promise<Given> {
    await this.#parts.loader.accept(table);
    // Found wrong before anything is kept for it.
    await this.#instancesOf(addressing);
    const content = await this.#parts.repository.keep(table);
    return await this.#give(table.name, addressing, async () => ({ action: "set", content }));
  }

  /** Makes them serve what they booted with: this table, or every one. */
  async reset(addressing: Addressing, table?: string): Promise<Given> {
    return await this.#give(table ?? every, addressing, async () => ({ action: "reset" }));
  }

  /**
   * Makes a version live and, unless told otherwise, refreshes every instance. A version that could not serve here is refused. Throws
   * Problem `unknown-table`, `unknown-version`, `invalid-request`, `table-unreadable`.
   */
  async activate(
    name: string,
    version: number,
    { by, refresh }: { by: string; refresh: boolean },
  ): Promise<{ pointer: Pointer; given: Given | undefined }> {
    const { repository, loader } = this.#parts;
    if (!(await repository.pointer(name))) throw unknownTable(name);
    await loader.load(name, { from: "repository", version });
    const pointer = await repository.activate(name, version, by);
    const everybody = { application: every, machine: every, by };
    return { pointer, given: refresh ? await this.refresh(everybody, name) : undefined };
  }

  async #give(table: string, addressing: Addressing, order: () => Promise<Order>): Promise<Given> {
    const { desired, log } = this.#parts;
    const { application, machine, by, key } = addressing;
    const instances = await this.#instancesOf(addressing);
    const target: Target = { table, application, machine };
    const id = key === undefined ? randomUUID() : idOf(key);
    const { revision, action } = await desired.give({ ...target, order, id, by });
    log.commanded(revision, action, `${table} on ${application}/${machine}`, by);
    await this.#sendLook(revision, application);
    return { revision, instances: instances.map(({ id, role, state }) => ({ id, role, state })) };
  }

  /** Whom a command is for now. A name that nobody has is a mistake more often than an instance to come. */
  async #instancesOf({ application, machine }: Addressing): Promise<readonly Member[]> {
    const fleet = await this.#parts.readFleet();
    const ofRole = fleet.filter(({ role }) => application === every || role === application);
    if (application !== every && ofRole.length === 0)
      throw new Problem("unknown-role", `No instance has ever registered in application "${application}"`);
    const meant = ofRole.filter(({ id }) => machine === every || id === machine);
    if (machine !== every && meant.length === 0)
      throw new Problem(
        "unknown-instance",
        `There is no machine "${machine}" in application "${application}"`,
      );
    return meant;
  }

  async #activeVersions(): Promise<Record<string, number>> {
    const tables = await this.#parts.repository.list();
    return Object.fromEntries(tables.flatMap(([name, { active }]) => (active > 0 ? [[name, active]] : [])));
  }

  async #activeVersion(table: string): Promise<Record<string, number>> {
    const { repository, isFromFile, self } = this.#parts;
    const pointer = await repository.pointer(table);
    if (pointer && pointer.active > 0) return { [table]: pointer.active };
    if (isFromFile && table === self.table) return {};
    if (pointer)
      throw new Problem(
        "unknown-version",
        `No version of the routing table '${table}' is active: activate one`,
      );
    throw unknownTable(table);
  }

  /** The property `role` spares the other roles the message. */
  async #sendLook(revision: number, application: string): Promise<void> {
    const { outbox, self, log } = this.#parts;
    const body: RoutingLook = { type: "routing-look", from: self.instance, revision };
    try {
      await outbox.send(entities.control, {
        messageId: `routing-look:${randomUUID()}`,
        subject: body.type,
        body,
        applicationProperties: { role: application === every ? everyRole : application },
      });
    } catch (error) {
      // The command is kept, and every heartbeat looks.
      log.lookUntold(revision, error);
    }
  }
}

const idOf = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 32);
