import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { clients, clientsPerSide, partnerOf, type Carrier, type OnReceived } from "./carrier.ts";
import { call, closeConnections, readEvents, textOf } from "./http-client.ts";
import { readStamp, sharedNowMs } from "./stamp.ts";

/** A client acknowledges what it has read this often, at its own moment; otherwise its mailbox would fill. */
const acknowledgeEveryMs = 5_000;
const registeredSchema = z.object({ sessionId: z.string(), token: z.string(), eventsUrl: z.string() });
const messageSchema = z.object({ text: z.string() });

type Registered = z.infer<typeof registeredSchema>;

/** A client of an instance: registered there, with a stream open and a way to send. */
class Client {
  readonly registered: Registered;
  readonly #url: string;
  readonly #onReceived: OnReceived;
  readonly #acknowledging: NodeJS.Timeout;
  #stream: IncomingMessage | undefined;
  #lastEventId: string | undefined;
  #acknowledged: string | undefined;
  #isClosed = false;

  constructor(url: string, registered: Registered, onReceived: OnReceived) {
    this.registered = registered;
    this.#url = url;
    this.#onReceived = onReceived;
    this.#acknowledging = setInterval(
      () => void this.#acknowledge(),
      acknowledgeEveryMs * (0.8 + Math.random() * 0.4),
    );
  }

  static async register(url: string, instance: string, onReceived: OnReceived): Promise<Client> {
    const answer = await call({
      url: `${url}/api/sessions`,
      method: "POST",
      body: { userName: `client-${randomUUID()}`, instance },
    });
    const text = await textOf(answer);
    if (answer.statusCode !== 201) throw new Error(`Not registered: ${text}`);
    const client = new Client(url, registeredSchema.parse(JSON.parse(text)), onReceived);
    await client.connect();
    return client;
  }

  get #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.registered.token}` };
  }

  /** Opens the stream; when it ends, it is opened again where it was. */
  async connect(): Promise<void> {
    const answer = await call({
      url: this.registered.eventsUrl,
      method: "GET",
      headers: {
        ...this.#authorization,
        ...(this.#lastEventId === undefined ? {} : { "last-event-id": this.#lastEventId }),
      },
    });
    if (answer.statusCode !== 200) throw new Error(`No stream: ${await textOf(answer)}`);
    this.#stream = answer;
    void this.#read(answer);
  }

  async send(to: string, text: string): Promise<void> {
    const answer = await call({
      url: `${this.#url}/api/sessions/${to}/messages`,
      method: "POST",
      headers: this.#authorization,
      body: { text },
    });
    const said = await textOf(answer);
    if (answer.statusCode !== 202) throw new Error(`Not taken: ${said}`);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#acknowledging);
    this.#stream?.destroy();
  }

  async #read(answer: IncomingMessage): Promise<void> {
    try {
      await readEvents(answer, ({ event, id, data }) => {
        if (id !== undefined) this.#lastEventId = id;
        if (event !== "message") return;
        const { id: number, sentAtMs } = readStamp(messageSchema.parse(JSON.parse(data)).text);
        this.#onReceived(number, sharedNowMs() - sentAtMs);
      });
      if (!this.#isClosed) await this.connect();
    } catch (error) {
      if (!this.#isClosed) throw error;
    }
  }

  async #acknowledge(): Promise<void> {
    const cursor = this.#lastEventId;
    if (cursor === undefined || cursor === this.#acknowledged) return;
    const url = this.registered.eventsUrl.replace(/events$/, "ack");
    try {
      await textOf(await call({ url, method: "POST", headers: this.#authorization, body: { cursor } }));
    } catch (error) {
      // It was under way when the client closed.
      if (!this.#isClosed) throw error;
    }
    this.#acknowledged = cursor;
  }
}

/** interrole: clients of one instance send through its HTTP API to sessions of the other one, which read their streams. */
export class Interrole implements Carrier {
  readonly #clients: readonly Client[];

  private constructor(all: readonly Client[]) {
    this.#clients = all;
  }

  static async connect(
    instances: readonly { id: string; url: string }[],
    onReceived: OnReceived,
  ): Promise<Interrole> {
    const all = await Promise.all(
      Array.from({ length: clients }, (_, index) => {
        const instance = instances[index < clientsPerSide ? 0 : 1];
        if (!instance) throw new Error("Two instances are needed");
        return Client.register(instance.url, instance.id, onReceived);
      }),
    );
    return new Interrole(all);
  }

  async send(client: number, text: string): Promise<void> {
    await this.#client(client).send(this.#client(partnerOf(client)).registered.sessionId, text);
  }

  #client(index: number): Client {
    const client = this.#clients[index];
    if (!client) throw new Error(`There is no client ${index}`);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    closeConnections();
  }
}
