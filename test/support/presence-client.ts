import { createParser, type EventSourceMessage } from "eventsource-parser";
import { z } from "zod";
import { eventually } from "./eventually.ts";

const registeredSchema = z.object({
  sessionId: z.string(),
  userName: z.string(),
  instanceId: z.string(),
  token: z.string(),
  eventsUrl: z.string(),
});

export type Registered = z.infer<typeof registeredSchema>;

const messageSchema = z.object({
  id: z.string(),
  text: z.string().optional(),
  from: z.object({ userName: z.string() }),
});

/** A connected client of the fleet, as a browser is one: registers, reads its stream, sends. */
export class PresenceClient {
  readonly registered: Registered;
  /** Everything that came on all its streams, in order. */
  readonly events: EventSourceMessage[] = [];
  #stream: AbortController | undefined;
  #ended: Promise<void> | undefined;

  private constructor(registered: Registered) {
    this.registered = registered;
  }

  static async register(url: string, body: object): Promise<PresenceClient> {
    const answer = await fetch(`${url}/api/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`Expected 201, got ${answer.status}: ${await answer.text()}`);
    return new PresenceClient(registeredSchema.parse(await answer.json()));
  }

  get id(): string {
    return this.registered.sessionId;
  }

  get authorization(): { authorization: string } {
    return { authorization: `Bearer ${this.registered.token}` };
  }

  /** Opens a stream, on the owner or where the URL says; with a cursor it goes on from there. */
  async connect(url = this.registered.eventsUrl, lastEventId?: string): Promise<void> {
    const stream = new AbortController();
    this.#stream = stream;
    const answer = await fetch(url, {
      headers: {
        ...this.authorization,
        ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      },
      signal: stream.signal,
    });
    if (answer.status !== 200)
      throw new Error(`Expected a stream, got ${answer.status}: ${await answer.text()}`);
    this.#ended = this.#read(answer);
  }

  /** The client goes away without a word. */
  async disconnect(): Promise<void> {
    this.#stream?.abort();
    await this.#ended;
  }

  /** Settles when the stream has ended from the other side. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  /** The id of the last event that had one: where to go on. */
  get lastEventId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id;
  }

  /** The texts of the messages so far. */
  get texts(): (string | undefined)[] {
    return this.of("message").map((data) => messageSchema.parse(data).text);
  }

  /** What events of this kind have said so far. */
  of(kind: string): unknown[] {
    return this.events.filter(({ event }) => event === kind).map(({ data }): unknown => JSON.parse(data));
  }

  /** Waits until something like this has come. */
  async got(kind: string, like: (data: unknown) => boolean = () => true): Promise<void> {
    await eventually(
      () => {
        if (!this.of(kind).some(like))
          throw new Error(`No such ${kind}; there came ${JSON.stringify(this.events)}`);
      },
      { withinMs: 20_000 },
    );
  }

  async #read(answer: Response): Promise<void> {
    const parser = createParser({ onEvent: (event) => this.events.push(event) });
    const decoder = new TextDecoder();
    try {
      // The declared element type is `any`; what a body holds is bytes.
      const body: AsyncIterable<Uint8Array> | null = answer.body;
      for await (const chunk of body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
    } catch {
      // The client went away, or its instance did.
    }
  }
}
