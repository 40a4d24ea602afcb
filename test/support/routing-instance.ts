import { Outbox } from "../../shared/bus/outbox.ts";
import { Directory } from "../../shared/fleet/directory.ts";
import { Registration } from "../../shared/fleet/registration.ts";
import { Log } from "../../shared/kernel/log.ts";
import { publicHostsOnly } from "../../shared/routing/outbound-policy.ts";
import type { ReadRules } from "../../shared/routing/read-table.ts";
import { DesiredState } from "../../shared/routing/repository/desired.ts";
import { LoadFailures } from "../../shared/routing/repository/events.ts";
import { chunkKey, partitions } from "../../shared/routing/repository/keys.ts";
import { RoutingTables } from "../../shared/routing/repository/tables.ts";
import { Loader } from "../../shared/routing/serving/loader.ts";
import { tablesLog } from "../../shared/routing/serving/log.ts";
import { Recorded } from "../../shared/routing/serving/recorded.ts";
import { RoutingManager } from "../../shared/routing/serving/routing-manager.ts";
import { Serving } from "../../shared/routing/serving/serving.ts";
import { viewServing } from "../../shared/routing/serving/serving-view.ts";
import { Trials } from "../../shared/routing/serving/trials.ts";
import { toRow, type PartitionedTable } from "../../shared/table/table-store.ts";
import { tableSchema, type RoutingTable } from "../../shared/routing/table.ts";
import type { Sent } from "./bus-client.ts";
import { busClient } from "./bus-client.ts";
import { ManualClock } from "./manual-clock.ts";

export const rules: ReadRules = {
  outbound: publicHostsOnly,
  reservedEntities: new Set(["control"]),
  tokenResources: new Set(),
  customFilters: new Map(),
  now: () => 0,
};

/** A small table; each address makes another content. */
export function tableTo(address: string, parts: Record<string, unknown> = {}): RoutingTable {
  return tableSchema.parse({
    name: "default",
    inbound: { events: { exchange: "one-way" } },
    endpoints: { echo: { address: `https://${address}.example.com/`, exchange: "one-way" } },
    filters: { all: { type: "MatchAll" } },
    entries: [{ filter: "all", endpoint: "echo" }],
    ...parts,
  });
}

/** What several instances share, and what a test may do to it. */
export interface World {
  routing: PartitionedTable;
  instances: PartitionedTable;
  clock: ManualClock;
  /** Every message on `control`. */
  sent: Sent[];
  /** Whether those messages get lost. */
  isDeaf: boolean;
  /** What is in the file of instances that read one. */
  file: () => string;
  looks: Set<() => Promise<void>>;
}

export function makeWorld(routing: PartitionedTable, instances: PartitionedTable): World {
  const file = (): string => {
    throw new Error("there is no such file");
  };
  return { routing, instances, clock: new ManualClock(), sent: [], isDeaf: false, file, looks: new Set() };
}

export interface InstanceOptions {
  role?: string;
  table?: string;
  bootSource?: "repository" | "file";
  runtimeSource?: "repository" | "file";
  rulesFor?: (table: string) => ReadRules;
}

/** The tables' side of one instance, as the composition root makes it, with the bus cut short: a message on `control` reaches all at once. */
export async function bootInstance(world: World, instance: string, options: InstanceOptions = {}) {
  const {
    role = "web",
    table = "default",
    bootSource = "repository",
    runtimeSource = "repository",
  } = options;
  const { clock } = world;
  const events: string[] = [];
  const log = tablesLog(new Log({ instance, role }, clock, (line) => void events.push(line)));
  const registration = new Registration(world.instances, { role, instance, url: `http://${instance}` });
  const directory = new Directory(world.instances, clock, {
    heartbeatMs: 5_000,
    self: registration.incarnation,
    onUnreadable: () => undefined,
  });
  const outbox = new Outbox(
    () =>
      busClient(async (sent) => {
        world.sent.push(sent);
        if (!world.isDeaf) await Promise.all([...world.looks].map((look) => look()));
      }),
    clock,
  );
  const repository = new RoutingTables(world.routing, clock);
  const desired = new DesiredState(world.routing, clock);
  const failures = new LoadFailures(world.routing);
  const readFile = async () => world.file();
  const loader = new Loader({ repository, rulesFor: options.rulesFor ?? (() => rules), readFile });
  const serving = new Serving({
    repository,
    desired,
    failures,
    loader,
    self: { role, instance, table },
    bootSource,
    runtimeSource,
    readFile,
    publish: (status) => registration.setTables(status),
    publishNow: () => registration.heartbeat(),
    clock,
    log,
  });
  const readFleet = () => directory.read();
  const manager = new RoutingManager({
    repository,
    desired,
    loader,
    readFleet,
    outbox,
    self: { instance, table },
    isFromFile: runtimeSource === "file",
    log,
  });
  const recorded = new Recorded();
  const trials = new Trials({
    tables: serving,
    repository,
    loader,
    recorded,
    peekUnmatched: async () => [],
  });
  await registration.register();
  await serving.look();
  const look = () => serving.look();
  world.looks.add(look);
  return {
    repository,
    desired,
    failures,
    loader,
    serving,
    manager,
    recorded,
    trials,
    registration,
    events,
    /** The version that serves, as messages are stamped. */
    version: async (name?: string) => (await serving.serving(name)).version,
    /** The process ends without a word. */
    end: () => void world.looks.delete(look),
    status: async (asked = { application: "*", machine: "*" }) => viewServing(await readFleet(), asked),
  };
}

export type Instance = Awaited<ReturnType<typeof bootInstance>>;

/** Three instances of two roles that have booted with `default@1`. */
export async function bootFleet(world: World): Promise<Instance[]> {
  const first = await bootInstance(world, "web-0");
  await first.repository.put(tableTo("one"), { kind: "absent" }, { by: "test" });
  await first.manager.activate("default", 1, { by: "test", refresh: true });
  return [first, await bootInstance(world, "web-1"), await bootInstance(world, "db-0", { role: "db" })];
}

/** Spoils every chunk of a version. */
export async function damageVersion(
  { routing }: World,
  { repository }: Instance,
  version: number,
): Promise<void> {
  const { chunks } = await repository.manifest("default", version);
  for (const hash of chunks) {
    const row = await routing.read(partitions.ofTable("default"), chunkKey(hash));
    if (row) await routing.replace({ ...toRow(row, {}), data: Buffer.from("no gzip") }, row.etag);
  }
}
