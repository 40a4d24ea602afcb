import { z } from "zod";
import { packText, unpackText } from "../../table/long-text.ts";
import type { Row, StoredRow } from "../../table/table-store.ts";
import { packContent, unpackContent, type ContentRef } from "./content.ts";
import { partitions } from "./keys.ts";

/** Stands for every table, application or machine. */
export const every = "*";

/** Whom a command is for. An application is a role, a machine is an instance of it. */
export interface Target {
  table: string;
  application: string;
  machine: string;
}

/** What they are told to serve. */
export type Order =
  /** The versions that were active when this was said, by table, so that all load the same. */
  | { action: "refresh"; versions: Readonly<Record<string, number>> }
  /** This table, which is no version. */
  | { action: "set"; content: ContentRef }
  /** What they booted with. */
  | { action: "reset" };

/** A command as it is kept: of those that are for an instance the one with the highest revision holds. */
export type Command = Target & Order & { revision: number; id: string; at: string; by: string };

const storedSchema = z.object({
  table: z.string(),
  application: z.string(),
  machine: z.string(),
  action: z.enum(["refresh", "set", "reset"]),
  revision: z.number(),
  id: z.string(),
  at: z.string(),
  by: z.string(),
});
const versionsSchema = z.record(z.string(), z.number());

export const commandKey = ({ table, application, machine }: Target): string =>
  [table, application, machine].join("|");

export function toCommandRow(command: Command): Row {
  const { table, application, machine, action, revision, id, at, by } = command;
  const keys = { partitionKey: partitions.desired, rowKey: commandKey(command) };
  const row: Row = { ...keys, table, application, machine, action, revision, id, at, by };
  if (command.action === "refresh")
    return { ...row, ...packText("versions", JSON.stringify(command.versions)) };
  return command.action === "set" ? { ...row, ...packContent(command.content) } : row;
}

/** The command that a row holds, undefined if somebody has spoilt it: that must not hide the others. */
export function readCommandRow(row: StoredRow): Command | undefined {
  try {
    const { action, ...rest } = storedSchema.parse(row);
    if (action === "reset") return { ...rest, action };
    if (action === "set") return { ...rest, action, content: unpackContent(row) };
    return { ...rest, action, versions: versionsSchema.parse(JSON.parse(unpackText("versions", row))) };
  } catch {
    // The next command for this target writes the row anew.
    return undefined;
  }
}

/** Whether a command is about this table of this instance. */
export function isFor(command: Command, { table, application, machine }: Target): boolean {
  return (
    covers(command.table, table) &&
    covers(command.application, application) &&
    covers(command.machine, machine)
  );
}

/** Whether nobody needs the older command any more, since this one is for all whom that is for. */
export function replaces(command: Command, older: Command): boolean {
  const isAboutTheSame =
    command.table === older.table || (command.table === every && isForTable(command, older.table));
  return (
    older.revision < command.revision &&
    isAboutTheSame &&
    covers(command.application, older.application) &&
    covers(command.machine, older.machine)
  );
}

/** Whether a command for every table is for this one: a refresh is for those that have an active version. */
function isForTable(command: Order, table: string): boolean {
  return command.action !== "refresh" || Object.hasOwn(command.versions, table);
}

const covers = (wide: string, narrow: string): boolean => wide === every || wide === narrow;
