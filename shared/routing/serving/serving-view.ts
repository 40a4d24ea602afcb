import { every } from "../repository/command.ts";
import type { Manifest } from "../repository/manifest.ts";
import { etagOf } from "../repository/pointer.ts";
import type { Given, Member } from "./routing-manager.ts";
import { decodeStatus, type TableStatus } from "./table-status.ts";

const notLoaded = "not loaded";

/** A table of an instance as the API shows it: each inbound endpoint with the version that it serves. */
export function viewTable({
  name,
  version,
  source,
  since,
  revision,
  inbound,
  routed,
  lastError,
}: TableStatus) {
  return {
    name,
    version: version ?? notLoaded,
    source,
    since,
    revision,
    inbound: Object.entries(inbound).map(([endpoint, count]) => ({
      name: endpoint,
      version: version ?? notLoaded,
      since,
      source,
      routed: count,
    })),
    routed,
    lastError: lastError ?? null,
  };
}

/** The tables of an instance, out of its row. */
export const viewTables = (text: string) => decodeStatus(text).map(viewTable);

/** The status of those instances that are asked for. */
export function viewServing(
  fleet: readonly Member[],
  { application, machine }: { application: string; machine: string },
) {
  return fleet
    .filter(({ role }) => application === every || role === application)
    .filter(({ id }) => machine === every || id === machine)
    .map(({ id, role, state, lastSeen, tables }) => ({
      machine: id,
      application: role,
      state,
      lastSeen,
      tables: viewTables(tables),
    }));
}

/** A command that was given, and the instances that it is for now. */
export const viewGiven = ({ revision, instances }: Given) => ({
  revision,
  instances: instances.map(({ id, role, state }) => ({ machine: id, application: role, state })),
});

/** A version in a list. */
export function viewVersion(manifest: Manifest, active: number) {
  const { version, hash, bytes, at, by, comment, source } = manifest;
  return {
    version,
    isActive: version === active,
    etag: etagOf(version, hash),
    hash,
    bytes,
    at,
    by,
    comment,
    source,
  };
}
