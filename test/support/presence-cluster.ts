import { TableClient } from "@azure/data-tables";
import type { ServiceBusReceiver } from "@azure/service-bus";
import { connectBus } from "../../shared/bus/connect.ts";
import { Outbox } from "../../shared/bus/outbox.ts";
import { entities, instanceQueueOf } from "../../shared/bus/topology.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { forwardingSchema } from "../../shared/presence/forwarding.ts";
import { readHead, type Head } from "../../shared/presence/head.ts";
import { notificationSchema } from "../../shared/presence/notification.ts";
import type { ReapTick } from "../../shared/presence/reap.ts";
import { connectTables, ensureTables, tableNames, type Tables } from "../../shared/table/connect.ts";
import { startTables } from "../../local/tables/tables.ts";
import { ArmedPoints } from "./armed-points.ts";
import { openBus, type Bus } from "./bus.ts";
import { entitiesInside } from "./entities.ts";
import { ManualClock } from "./manual-clock.ts";
import { PresenceLife, type Around } from "./presence-life.ts";
import { redeliver } from "./redeliver.ts";

const heartbeatMs = 10_000;
/** So far the clock moves while the test waits for one call. */
const stepMs = 1;
/** By then the lists must agree: a lost instance is found out, its sessions' grace time goes by, and streams look twice. */
const maxBeats = 40;
/** Changes that wait for a batch have gone out by then. */
const batchMs = 200;
/** So often at most is looked whether all is quiet. */
const maxLooks = 100;

/** What a call of an instance came to that died in the middle of it. */
export const crashed = Symbol("crashed");

/**
 * Several instances in one process, over the real broker and the real table service: real registrations, real receivers. Time goes by
 * only when the test waits, and an instance ends where a test has armed a fault point: nothing of it goes on from there. Then comes what the
 * platform would do: what it had received comes again, to its next life or to another instance.
 */
export class PresenceCluster {
  readonly tables: Tables;
  readonly points = new ArmedPoints();
  readonly clock = new ManualClock(new Date());
  /** How often each thing was asked of the tables and of Service Bus. */
  readonly counts = new Map<string, number>();
  readonly lines: string[] = [];
  readonly #bus: Bus;
  readonly #outbox: Outbox;
  readonly #mailboxes: TableClient;
  readonly #closeTables: () => Promise<void>;
  readonly #around: Around;
  readonly #lives = new Map<string, PresenceLife>();
  readonly #receivers: ServiceBusReceiver[] = [];
  #turn = 0;
  /** Calls that are under way. */
  #busy = 0;

  private constructor(
    bus: Bus,
    tables: { connectionString: string; close(): Promise<void> },
    options: Partial<Around>,
  ) {
    this.#bus = bus;
    this.tables = connectTables(tables);
    this.#mailboxes = TableClient.fromConnectionString(tables.connectionString, tableNames.mailboxes, {
      allowInsecureConnection: true,
    });
    this.#outbox = new Outbox(() => connectBus(bus), systemClock);
    this.#closeTables = () => tables.close();
    this.#around = {
      tables: this.tables,
      outbox: this.#outbox,
      clock: this.clock,
      heartbeatMs,
      graceMs: 2.5 * heartbeatMs,
      endedRetentionMs: 3_600_000,
      endsAt: (point, instance) => this.points.endsAt(point, instance),
      count: (what) => this.counts.set(what, (this.counts.get(what) ?? 0) + 1),
      busy: (more) => (this.#busy += more),
      onLine: (line) => this.lines.push(line),
      ...options,
    };
  }

  static async start(ids: readonly string[], options: Partial<Around> = {}): Promise<PresenceCluster> {
    const [bus, tables] = await Promise.all([openBus({}), startTables({ port: 0 })]);
    const cluster = new PresenceCluster(bus, tables, options);
    await ensureTables(cluster.tables);
    await cluster.#open(ids);
    for (const id of ids) await cluster.boot(id);
    await cluster.beat();
    return cluster;
  }

  /** Boots the next life of an instance; settles when it is ready, or has died in the middle. */
  async boot(id: string): Promise<PresenceLife> {
    this.#lives.get(id)?.kill();
    const life = new PresenceLife(id, this.#around);
    await Promise.race([life.start(), life.died]);
    this.#lives.set(id, life);
    return life;
  }

  /** Boots what is dead. */
  async revive(): Promise<void> {
    for (const { id, isDead } of this.#lives.values()) if (isDead) await this.boot(id);
  }

  /** The latest life of an instance. */
  at(id: string): PresenceLife {
    const life = this.#lives.get(id);
    if (!life) throw new Error(`There is no instance ${id}`);
    return life;
  }

  living(): PresenceLife[] {
    return [...this.#lives.values()].filter(({ isDead }) => !isDead);
  }

  /** Has an instance do something, moving the time on meanwhile. */
  async run<T>(id: string, act: (life: PresenceLife) => Promise<T>): Promise<T | typeof crashed> {
    const life = this.at(id);
    if (life.isDead) return crashed;
    const over = new AbortController();
    const outcome = Promise.race([act(life), life.died.then((): typeof crashed => crashed)]).finally(() =>
      over.abort(),
    );
    // It is awaited below; until then a failure is not an unhandled one.
    outcome.catch(() => undefined);
    while (!over.signal.aborted) {
      await this.clock.advance(stepMs);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return await outcome;
  }

  /** Waits for the death that was armed, with hearts beating. Gives the instance that died. */
  async untilDead(died: Promise<string>): Promise<string> {
    let dead: string | undefined;
    void died.then((instance) => (dead = instance));
    await this.until(() => {
      if (dead === undefined) throw new Error("Nothing came to what is armed");
    });
    return await died;
  }

  /** One heartbeat of every living instance. */
  async beat(): Promise<void> {
    await this.clock.advance(heartbeatMs);
    await Promise.all(this.living().map((life) => Promise.race([life.beat(), life.died])));
    await Promise.all(this.living().map((life) => Promise.race([life.look(), life.died])));
  }

  /** Beats until something holds. */
  async until(fact: () => Promise<void> | void): Promise<void> {
    for (let beats = 0; ; beats += 1) {
      await this.#quiet();
      try {
        await fact();
        return;
      } catch (error) {
        if (beats === maxBeats) throw error;
      }
      await this.beat();
    }
  }

  /** Lets so much time go by at once. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.beat();
    await this.#quiet();
  }

  /** What was asked of tables and Service Bus until all that this led to is done, but for the heartbeats' own. */
  async counted(act: () => Promise<unknown>): Promise<Record<string, number>> {
    const settled = async () => {
      await this.#quiet();
      await this.clock.advance(batchMs);
      await this.#quiet();
    };
    await settled();
    this.counts.clear();
    await act();
    await settled();
    return Object.fromEntries([...this.counts].filter(([what]) => !what.startsWith("instances")));
  }

  /** The ids of the messages on `rejected`. */
  async rejected(): Promise<string[]> {
    const receiver = this.#bus.client.createReceiver(entities.rejected);
    const messages = await receiver.peekMessages(1_000);
    await receiver.close();
    return messages.map(({ messageId }) => String(messageId));
  }

  /** The heads as the table has them. */
  async heads(): Promise<Head[]> {
    const filter = "RowKey eq 'head' and PartitionKey ne '*'";
    const heads: Head[] = [];
    for await (const row of this.#mailboxes.listEntities({
      queryOptions: { filter },
    }))
      heads.push(readHead(row));
    return heads;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const life of this.living()) {
      for (const session of life.presence.sessions.ownIds()) life.presence.hub.end(session, "moved");
      life.kill();
    }
    await Promise.all(this.#receivers.map((receiver) => receiver.close()));
    await this.#outbox.close();
    await this.#bus.close();
    await this.#closeTables();
  }

  /** Settles when nothing has been under way for a moment, or something seems to wait for time to go by. */
  async #quiet(): Promise<void> {
    for (let looks = 0, quiet = 0; looks < maxLooks && quiet < 3; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 4));
      quiet = this.#busy === 0 ? quiet + 1 : 0;
    }
  }

  async #open(ids: readonly string[]): Promise<void> {
    const { embedded, client } = this.#bus;
    if (!embedded) throw new Error("The cluster makes its own broker");
    const made = entitiesInside(embedded.namespace);
    await made.createTopic(entities.presence, {});
    for (const queue of [entities.messages, entities.rejected]) await made.createQueue(queue, {});
    for (const id of ids) {
      await made.createSubscription(entities.presence, id, {});
      await made.createQueue(instanceQueueOf(id), {});
      this.#receive(client.createReceiver(entities.presence, id, options), this.#toLife(id), (life, body) =>
        life.presence.receive(notificationSchema.parse(body)),
      );
      this.#receive(client.createReceiver(instanceQueueOf(id), options), this.#toLife(id), (life, body) =>
        life.presence.take(forwardingSchema.parse(body)),
      );
    }
    this.#receive(
      client.createReceiver(entities.messages, options),
      () => this.#any(),
      // Nothing but these ticks is sent there.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      (life, body) => life.presence.reaper.handle(body as ReapTick),
    );
  }

  #receive(
    receiver: ServiceBusReceiver,
    whom: () => PresenceLife | undefined,
    act: (life: PresenceLife, body: unknown) => Promise<void>,
  ): void {
    this.#receivers.push(receiver);
    redeliver(receiver, whom, (life, body) => {
      this.#around.count("receive");
      return act(life, body);
    });
  }

  /** An instance's own queue waits for its next life. */
  #toLife(id: string): () => PresenceLife | undefined {
    return () => {
      const life = this.#lives.get(id);
      return life?.isDead === false ? life : undefined;
    };
  }

  #any(): PresenceLife | undefined {
    this.#turn += 1;
    const living = this.living();
    return living[this.#turn % living.length];
  }
}

const options = { skipParsingBodyAsJson: true } as const;
