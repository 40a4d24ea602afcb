import { randomUUID } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";
import { Problem } from "../../kernel/problem.ts";
import type { PartitionedTable } from "../../table/table-store.ts";
import { canonicalTable } from "../content-hash.ts";
import type { RoutingTable } from "../table.ts";
import { hashOfText, readContent, storeContent, type ContentRef } from "./content.ts";
import { partitions, versionKey } from "./keys.ts";
import { repositoryLimits as limits } from "./limits.ts";
import { readManifestRow, toManifestRow, type Manifest } from "./manifest.ts";
import { etagOf, noVersions, pointerKey, readPointerRow, toPointerRow, type Pointer } from "./pointer.ts";
import { holdTo, type Precondition } from "./precondition.ts";

/** Who stores or activates a version, and what they say to it. */
export interface Authorship {
  by: string;
  comment?: string;
  source?: Manifest["source"];
}

/** A version as it is stored now; `isNew` is false when the table said the same already. */
export interface Stored {
  version: number;
  etag: string;
  hash: string;
  isNew: boolean;
}

export interface VersionPage {
  versions: Manifest[];
  /** The versions before this one are the next page. */
  next?: number;
}

/**
 * The routing tables of all applications, with every version that was ever stored.
 *
 * A version is stored in this order: chunks, by the hash of what is in them; then, in one transaction, the manifest that lists them and the
 * pointer, compare-and-swap. So a version that the pointer names is whole, and a crash before that leaves nothing but chunks that the
 * next attempt finds again. Storing changes nothing that runs: that takes `activate`.
 */
export class RoutingTables {
  readonly #table: PartitionedTable;
  readonly #clock: Clock;

  constructor(table: PartitionedTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** The pointer of a table, undefined if there is no such table. One table call. */
  async pointer(name: string): Promise<Pointer | undefined> {
    const row = await this.#table.read(partitions.ofTable(name), pointerKey);
    return row && readPointerRow(row);
  }

  /** All tables, by name. One table call, and one for each table. */
  async list(): Promise<[string, Pointer][]> {
    const rows = await this.#table.partition(partitions.names);
    const names = rows.map(({ rowKey = "" }) => rowKey);
    const pointers = await Promise.all(names.map((name) => this.pointer(name)));
    return names.flatMap((name, index): [string, Pointer][] => {
      const pointer = pointers[index];
      // A name is written before its table: of one that was never finished there is no pointer.
      return pointer ? [[name, pointer]] : [];
    });
  }

  /**
   * Stores a table that has been checked, as its next version; the same content as the latest version is no new one. Table calls: two,
   * one for each chunk, one for the version; for the first version of a table one more. Throws Problem `table-changed`, `payload-too-large`.
   */
  async put(table: RoutingTable, precondition: Precondition, authorship: Authorship): Promise<Stored> {
    const { name } = table;
    const text = canonicalTable(table);
    const hash = hashOfText(text);
    const writeId = randomUUID();
    let now = await this.#now(name);
    // Whoever repeats a write after its answer was lost may name the version before it.
    if (now.latest?.hash !== hash) holdTo(precondition, name, now.pointer);
    const content = await storeContent(this.#table, name, text, now.latest?.chunks ?? []);
    if (now.pointer.latest === 0) await this.#note(name);
    for (;;) {
      if (now.latest?.hash === hash) return storedAs(now.latest, false);
      holdTo(precondition, name, now.pointer);
      const manifest = this.#manifestFor(content, now.pointer.latest + 1, authorship, writeId);
      if (await this.#publish(name, now.pointer, manifest)) return storedAs(manifest, true);
      now = await this.#now(name);
      // The transaction may have been done, and only its answer lost.
      if (now.pointer.latest >= manifest.version) {
        const written = await this.manifest(name, manifest.version);
        if (written.writeId === writeId) return storedAs(written, true);
      }
    }
  }

  /** Makes a version live for whoever looks from now on. Two table calls. Throws Problem `unknown-table`, `unknown-version`. */
  async activate(name: string, version: number, by: string): Promise<Pointer> {
    for (;;) {
      const pointer = await this.pointer(name);
      if (!pointer) throw unknownTable(name);
      if (version < 1 || version > pointer.latest) throw unknownVersion(name, version, pointer.latest);
      if (pointer.active === version) return pointer;
      const moved = {
        ...pointer,
        active: version,
        activatedAt: this.#clock.now().toISOString(),
        activatedBy: by,
      };
      const etag = await this.#table.replace(toPointerRow(name, moved), pointer.etag);
      if (etag) return { ...moved, etag };
    }
  }

  /** What is known of a version. One table call. Throws Problem `unknown-version`. */
  async manifest(name: string, version: number): Promise<Manifest> {
    const row = await this.#table.read(partitions.ofTable(name), versionKey(version));
    if (!row) throw unknownVersion(name, version);
    return readManifestRow(row);
  }

  /** The text of a table's version, or of one that was set. A table call for each chunk. Throws Problem `table-unreadable`. */
  async content(name: string, ref: ContentRef): Promise<string> {
    return await readContent(this.#table, name, ref);
  }

  /** Keeps the content of a table that is to serve without being a version. A table call for each chunk. */
  async keep(table: RoutingTable): Promise<ContentRef> {
    return await storeContent(this.#table, table.name, canonicalTable(table), []);
  }

  /** The versions of a table before this one, or all, the newest first. Two table calls. Throws Problem `unknown-table`. */
  async versions(name: string, pageSize: number, before?: number): Promise<VersionPage> {
    const pointer = await this.pointer(name);
    if (!pointer) throw unknownTable(name);
    const end = Math.min(before ?? Number.POSITIVE_INFINITY, pointer.latest + 1);
    const from = Math.max(1, end - pageSize);
    if (end <= from) return { versions: [] };
    const rows = await this.#table.range(partitions.ofTable(name), {
      from: versionKey(from),
      to: versionKey(end),
      limit: pageSize,
    });
    return { versions: rows.map(readManifestRow).toReversed(), ...(from > 1 ? { next: from } : {}) };
  }

  /** Writes a name down before its table is there: one that is in no list could not be found by anybody. */
  async #note(name: string): Promise<void> {
    const names = await this.#table.partition(partitions.names);
    if (names.some(({ rowKey }) => rowKey === name)) return;
    if (names.length >= limits.maxTables)
      throw new Problem("invalid-request", `There are ${names.length} routing tables; there can be no more`);
    await this.#table.insert({ partitionKey: partitions.names, rowKey: name });
  }

  async #now(name: string): Promise<{ pointer: Pointer; latest: Manifest | undefined }> {
    const pointer = (await this.pointer(name)) ?? noVersions;
    return {
      pointer,
      latest: pointer.latest === 0 ? undefined : await this.manifest(name, pointer.latest),
    };
  }

  #manifestFor(content: ContentRef, version: number, authorship: Authorship, writeId: string): Manifest {
    const { by, comment = "", source = "json" } = authorship;
    return { ...content, version, at: this.#clock.now().toISOString(), by, comment, source, writeId };
  }

  async #publish(name: string, pointer: Pointer, manifest: Manifest): Promise<boolean> {
    const { version: latest, hash: latestHash, at: updatedAt } = manifest;
    const row = toPointerRow(name, { ...pointer, latest, latestHash, updatedAt });
    const { done } = await this.#table.transact([
      pointer.etag === "" ? { insert: row } : { replace: row, etag: pointer.etag },
      { insert: toManifestRow(name, manifest) },
    ]);
    return done;
  }
}

const storedAs = ({ version, hash }: Manifest, isNew: boolean): Stored => ({
  version,
  etag: etagOf(version, hash),
  hash,
  isNew,
});

export const unknownTable = (name: string): Problem =>
  new Problem("unknown-table", `The repository has no routing table '${name}'`);

function unknownVersion(name: string, version: number, latest?: number): Problem {
  const known = latest === undefined ? "" : `; there are 1 to ${latest}`;
  return new Problem("unknown-version", `The routing table '${name}' has no version ${version}${known}`);
}
