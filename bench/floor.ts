import { ServiceBusClient } from "@azure/service-bus";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { connectBus } from "../shared/bus/connect.ts";
import { connectTables } from "../shared/table/connect.ts";
import { toRow, type StoredRow, type TableStore } from "../shared/table/table-store.ts";
import { toSteps } from "../shared/presence/mailbox.ts";
import { administrationClient } from "../test/support/entities.ts";
import { clients, type Carrier, type OnReceived } from "./carrier.ts";
import { endChild, startChild } from "./child.ts";
import type { Services } from "./services.ts";
import type { ChildProcess } from "node:child_process";

const queue = "bench-floor";

/** What the receiving process tells: messages that came, with how long each took. */
const receivedSchema = z.array(z.tuple([z.number(), z.number()]));

interface FloorParts {
  table: TableStore;
  bus: ServiceBusClient;
  receiver: ChildProcess;
}

/**
 * The least that a durable message can cost with these services: one transaction as an append has it, then one message on a queue to another
 * process. No HTTP, no token, no session, no stream; each client has a mailbox of its own, so nothing conflicts.
 */
export class Floor implements Carrier {
  readonly #parts: FloorParts;
  readonly #sender;
  /** The end of each client's last transaction, with the head that it left. */
  readonly #heads: Promise<StoredRow>[];

  private constructor(parts: FloorParts, heads: readonly StoredRow[]) {
    this.#parts = parts;
    this.#sender = parts.bus.createSender(queue);
    this.#heads = heads.map((head) => Promise.resolve(head));
  }

  static async connect(services: Services, onReceived: OnReceived): Promise<Floor> {
    await administrationClient(services.serviceBusAdmin).createQueue(queue);
    const { child: receiver } = await startChild("floor-receiver", [services.serviceBus, queue]);
    receiver.on("message", (message) => {
      for (const [id, tookMs] of receivedSchema.parse(message)) onReceived(id, tookMs);
    });
    const { mailboxes: table } = connectTables({ connectionString: services.tables });
    const heads = await Promise.all(Array.from({ length: clients }, () => makeHead(table)));
    const bus = connectBus({ connectionString: services.serviceBus });
    return new Floor({ table, bus, receiver }, heads);
  }

  async send(client: number, text: string): Promise<void> {
    const before = this.#heads[client];
    if (!before) throw new Error(`There is no client ${client}`);
    const appended = before.then((head) => append(this.#parts.table, head, text));
    this.#heads[client] = appended;
    await appended;
    await this.#sender.sendMessages({ body: Buffer.from(text) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endChild(this.#parts.receiver);
    await this.#parts.bus.close();
  }
}

async function makeHead(table: TableStore): Promise<StoredRow> {
  const partitionKey = `bench-${randomUUID()}`;
  await table.insert({ partitionKey, rowKey: "head", first: 1, next: 1 });
  const head = await table.read(partitionKey, "head");
  if (!head) throw new Error("The head was not kept");
  return head;
}

/** One transaction: the head goes on, and the message takes its place. */
async function append(table: TableStore, head: StoredRow, text: string): Promise<StoredRow> {
  const next = Number(head["next"]);
  const mailbox = head.partitionKey ?? "";
  const message = {
    id: randomUUID(),
    from: { sessionId: mailbox, userName: "floor" },
    to: { session: mailbox },
    text,
    sentAt: new Date().toISOString(),
  };
  const done = await table.transact([
    { replace: toRow(head, { next: next + 1 }), etag: head.etag },
    ...toSteps(mailbox, next, [{ message, key: undefined }]),
  ]);
  if (!done.done) throw new Error(`The transaction failed at step ${done.failedAt}`);
  return { ...head, next: next + 1, etag: done.etags[0] ?? "" };
}
