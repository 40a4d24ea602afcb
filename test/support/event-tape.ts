import type { Session, SessionEvent } from "../../client/index.ts";
import { eventually } from "./eventually.ts";

type Kind = SessionEvent["event"];
type EventOf<K extends Kind, E = SessionEvent> = E extends { event: infer N }
  ? K extends N
    ? E
    : never
  : never;

/** Takes a session's events and keeps them, until it is stopped or the session ends. */
export class EventTape {
  readonly session: Session;
  readonly events: SessionEvent[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<unknown>;

  constructor(session: Session) {
    this.session = session;
    this.#done = this.#take();
  }

  of<K extends Kind>(kind: K): EventOf<K>[] {
    return this.events.filter((event): event is EventOf<K> => event.event === kind);
  }

  /** The texts of the messages, in order. */
  get texts(): (string | undefined)[] {
    return this.of("message").map(({ data }) => data.text);
  }

  /** Waits until an event like this has come, since the given place. */
  async got<K extends Kind>(kind: K, like: (event: EventOf<K>) => boolean = () => true): Promise<void> {
    await eventually(() => {
      if (!this.of(kind).some(like))
        throw new Error(`No such ${kind}; there came ${JSON.stringify(this.events)}`);
    });
  }

  /** What ended the loop: undefined when the session did. */
  async ended(): Promise<unknown> {
    return await this.#done;
  }

  /** Leaves the loop. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #take(): Promise<unknown> {
    try {
      for await (const event of this.session.events({ signal: this.#stop.signal })) this.events.push(event);
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
