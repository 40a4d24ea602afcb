import { createParser } from "eventsource-parser";
import { cursorSchema, type Cursor } from "../../shared/presence/cursor.ts";
import { readHead } from "../../shared/presence/head.ts";
import { crashed, type PresenceCluster } from "./presence-cluster.ts";
import type { PresenceLife } from "./presence-life.ts";

/** A client of a cluster: holds a stream as session-events gives it, and opens the next one where the last one ended. */
export class ClusterClient {
  readonly session: string;
  /** The texts of all messages, in the order in which they came. */
  readonly texts: string[] = [];
  readonly #cluster: PresenceCluster;
  #cursor: Cursor | undefined;
  #at: string;
  /** Whether it waits for its instance to come back instead of going to another one. */
  #isLoyal = false;
  #isGone = false;
  #reason: string | undefined;
  #done: Promise<void> = Promise.resolve();
  #drop: () => void = () => undefined;

  private constructor(cluster: PresenceCluster, session: string, at: string) {
    this.#cluster = cluster;
    this.session = session;
    this.#at = at;
  }

  /** Opens a stream of a session at an instance; settles when it is open. */
  static async open(cluster: PresenceCluster, session: string, at: string): Promise<ClusterClient> {
    const client = new ClusterClient(cluster, session, at);
    const body = await client.#attach();
    client.#done = client.#follow(body);
    return client;
  }

  /** Why the session has ended, when it has. */
  get reason(): string | undefined {
    return this.#reason;
  }

  get cursor(): Cursor {
    return this.#cursor ?? { seq: 0, broadcast: 0 };
  }

  /** Waits for its instance to come back from now on, or goes to another one. */
  stay(isLoyal: boolean): void {
    this.#isLoyal = isLoyal;
  }

  /** Opens its stream elsewhere now. */
  move(to: string): void {
    this.#at = to;
    this.#drop();
  }

  async leave(): Promise<void> {
    this.#isGone = true;
    this.#drop();
    await this.#done;
  }

  async #follow(first: Stream | undefined): Promise<void> {
    for (let stream = first; !this.#isGone && this.#reason === undefined; stream = await this.#attach()) {
      if (stream) await this.#read(stream);
      else await new Promise((resolve) => setTimeout(resolve, 5));
      if (!this.#isLoyal && this.#cluster.at(this.#at).isDead)
        this.#at = this.#cluster.living()[0]?.id ?? this.#at;
    }
  }

  /** As the door of the stream does. */
  async #attach(): Promise<Stream | undefined> {
    if (this.#isGone) return undefined;
    const { session } = this;
    try {
      const stream = await this.#cluster.run(this.#at, async (life) => {
        const { presence } = life;
        const stored = await presence.mailboxes.head(session);
        if (!stored) throw new Error(`There is no session ${session}`);
        const { first, broadcastFrom, closed } = readHead(stored);
        const cursor = this.#cursor ?? { seq: first - 1, broadcast: broadcastFrom };
        if (closed) return { life, body: presence.hub.drain(session, cursor, closed.reason).body };
        await presence.sessions.adopt(session);
        presence.lives.seen(session);
        return { life, body: presence.hub.attach(session, cursor).body };
      });
      return stream === crashed ? undefined : stream;
    } catch {
      return undefined;
    }
  }

  async #read({ life, body }: Stream): Promise<void> {
    const reader = body.getReader();
    const parser = createParser({ onEvent: ({ event, id, data }) => this.#take(event ?? "", id, data) });
    const decoder = new TextDecoder();
    let isDropped = false;
    const over = Promise.race([
      life.died,
      new Promise<void>((resolve) => {
        this.#drop = () => {
          isDropped = true;
          resolve();
        };
      }),
    ]);
    for (;;) {
      const chunk = await Promise.race([reader.read().catch(() => undefined), over]);
      if (!chunk?.value) break;
      parser.feed(decoder.decode(chunk.value, { stream: true }));
    }
    if (isDropped) reader.cancel().catch(() => undefined);
  }

  #take(event: string, id: string | undefined, data: string): void {
    const value: { text?: string; reason?: string } = JSON.parse(data);
    if (id !== undefined) this.#cursor = cursorSchema.parse(id);
    if (event === "message") this.texts.push(value.text ?? "");
    if (event === "closed") this.#reason = value.reason;
    if (event === "reset") this.texts.push(`reset ${data}`);
  }
}

interface Stream {
  life: PresenceLife;
  body: ReadableStream<Uint8Array>;
}
