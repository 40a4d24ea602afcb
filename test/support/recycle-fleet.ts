import { TableClient } from "@azure/data-tables";
import { ServiceBusClient, type ServiceBusReceivedMessage } from "@azure/service-bus";
import { z } from "zod";
import { administrationClient } from "./entities.ts";
import { eventually } from "./eventually.ts";
import { FaultDirectory } from "./fault-directory.ts";
import { startTestFleet, type TestFleet, type TestFleetOptions } from "./fleet.ts";
import { Api } from "./operations.ts";

/** Quicker than the fleet's defaults: tests look on, and many recycles follow each other. */
const quickSettings = { HEARTBEAT_MS: "1000", TICK_MS: "200" };
/** How long a fleet may take to be ready on a machine that does other things, too. */
const readyWithinMs = 45_000;
/** How long a rejected message may take to come. */
const rejectedWithinMs = 15_000;
/**
 * How long queues may take to run empty when an operation has ended: a delivery that is lost on its way to a host which is just draining
 * stays locked until its lock ends, after a minute.
 */
const quietWithinMs = 75_000;

const instancesSchema = z.object({
  instances: z.array(z.object({ id: z.string(), incarnation: z.string(), state: z.string() })),
});

/** A fleet whose instances recycle, with fault points that a test can arm, and a way to look behind it. */
export class RecycleFleet {
  readonly world: TestFleet;
  readonly faults: FaultDirectory;
  readonly bus: ServiceBusClient;

  /** What every instance was started with. */
  readonly settings: Readonly<Record<string, string>>;

  private constructor(world: TestFleet, faults: FaultDirectory, settings: Readonly<Record<string, string>>) {
    this.world = world;
    this.faults = faults;
    this.settings = settings;
    this.bus = new ServiceBusClient(world.fleet.serviceBus);
  }

  /** Starts the fleet; settles when every instance is ready. */
  static async start(options: TestFleetOptions = {}): Promise<RecycleFleet> {
    const faults = await FaultDirectory.make();
    const settings = { ...quickSettings, INTERROLE_FAULT_POINTS: faults.path, ...options.settings };
    const fleet = new RecycleFleet(await startTestFleet({ ...options, settings }), faults, settings);
    await fleet.ready();
    return fleet;
  }

  async ready(): Promise<void> {
    await this.world.fleet.waitReady(readyWithinMs);
  }

  api(instance = "api-0"): Api {
    return new Api(this.world.fleet.instance(instance).url);
  }

  /** How often each instance said this of an operation. */
  counts(event: string, operation: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const told of this.world.events.all) {
      if (told.event !== event || told["operation"] !== operation) continue;
      counts[told.instance] = (counts[told.instance] ?? 0) + 1;
    }
    return counts;
  }

  /** The incarnation of each instance of a role, as one instance tells them. */
  async incarnations(role: string): Promise<Record<string, string>> {
    const instances = await this.#instances(role);
    return Object.fromEntries(instances.map(({ id, incarnation }) => [id, incarnation]));
  }

  /** The state of each instance of a role, as one instance tells them. */
  async states(role: string): Promise<Record<string, string>> {
    return Object.fromEntries((await this.#instances(role)).map(({ id, state }) => [id, state]));
  }

  async #instances(role: string) {
    const answer = await this.api().get(`/roles/${role}/instances`);
    return instancesSchema.parse(await answer.json()).instances;
  }

  /** Rows of the partition of everything that is open: claims, and operations that are not concluded. */
  async openRows(): Promise<string[]> {
    const table = TableClient.fromConnectionString(this.world.fleet.tables, "Operations", {
      allowInsecureConnection: true,
    });
    const rows: string[] = [];
    for await (const { rowKey } of table.listEntities({
      queryOptions: { filter: "PartitionKey eq 'open'" },
    })) {
      rows.push(rowKey ?? "");
    }
    return rows;
  }

  /** Takes the ticks of an operation out of the queue until something has happened, as if they had been dead-lettered. */
  async loseTicks(operation: string, until: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const ended = until.finally(() => over.abort());
    const [sender, receiver] = [
      this.bus.createSender("recycle-requests"),
      this.bus.createReceiver("recycle-requests"),
    ];
    try {
      while (!over.signal.aborted) {
        const scheduled = (await receiver.peekMessages(50)).filter(
          ({ state, messageId }) => state === "scheduled" && String(messageId).startsWith(`${operation}:`),
        );
        for (const { sequenceNumber } of scheduled) {
          // A tick that has become due in the meantime cannot be cancelled any more: the next one will be.
          if (sequenceNumber) await sender.cancelScheduledMessages(sequenceNumber).catch(() => undefined);
        }
      }
      await ended;
    } finally {
      await Promise.all([sender.close(), receiver.close()]);
    }
  }

  /** What is still open, waiting or dead-lettered after a while: nothing, after every story. */
  async leftovers(): Promise<string[]> {
    let left: string[] = [];
    const look = async () => (left = await this.#left()).length === 0;
    await eventually(look, { withinMs: quietWithinMs }).catch(() => undefined);
    return left;
  }

  async #left(): Promise<string[]> {
    const admin = administrationClient(this.world.fleet.serviceBusAdmin);
    const { activeMessageCount, scheduledMessageCount, deadLetterMessageCount } =
      await admin.getQueueRuntimeProperties("recycle-requests");
    const counts = Object.entries({ activeMessageCount, scheduledMessageCount, deadLetterMessageCount });
    const messages = counts.filter(([, count]) => count > 0).map(([name, count]) => `${name}: ${count}`);
    return [...(await this.openRows()), ...messages];
  }

  /** Takes the next message off `rejected`; fails when none comes. */
  async rejected(): Promise<ServiceBusReceivedMessage> {
    const receiver = this.bus.createReceiver("rejected", {
      receiveMode: "receiveAndDelete",
      skipParsingBodyAsJson: true,
    });
    try {
      const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: rejectedWithinMs });
      if (!message) throw new Error("Nothing came to `rejected`");
      return message;
    } finally {
      await receiver.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bus.close();
    await this.world[Symbol.asyncDispose]();
    await this.faults[Symbol.asyncDispose]();
  }
}
