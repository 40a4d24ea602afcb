import { createParser, type EventSourceMessage, type EventSourceParser } from "eventsource-parser";
import type { Clock } from "../shared/kernel/clock.ts";
import type { StreamEvent } from "../shared/presence/stream-event.ts";
import { InterroleUnreachable } from "./problem.ts";

/** The server says something every 20 s; when it has been silent for so long, the connection is taken for dead. */
const silentAfterMs = 60_000;
/** The longest event, in characters: a snapshot of a long client list. */
const maxEventLength = 64_000_000;

type Kind = StreamEvent["event"];

const kinds: Record<Kind, { hasId: boolean }> = {
  snapshot: { hasId: false },
  joined: { hasId: false },
  updated: { hasId: false },
  left: { hasId: false },
  message: { hasId: true },
  reconnect: { hasId: false },
  reset: { hasId: true },
  closed: { hasId: false },
};

/** Reads a stream's events until it ends. Throws InterroleUnreachable when it breaks or falls silent. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
): AsyncGenerator<StreamEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => ready.push(event), maxBufferSize: maxEventLength });
  try {
    for (;;) {
      const chunk = await readInTime(reader, clock);
      if (!chunk) return;
      feed(parser, decoder.decode(chunk, { stream: true }));
      for (const message of ready.splice(0)) {
        const event = decodeEvent(message);
        if (event) yield event;
      }
    }
  } finally {
    // Ends the request when it was left early. A stream that has broken cannot be cancelled, and need not be.
    reader.cancel().catch(() => undefined);
  }
}

/** The event of a message; undefined for kinds that a later server may add. Throws InterroleUnreachable when it is not what it should be. */
export function decodeEvent({ event, id, data }: EventSourceMessage): StreamEvent | undefined {
  if (event === undefined || !isKind(event)) return undefined;
  const decoded = { event, ...(id === undefined ? {} : { id }), data: parse(data) };
  if (!isEvent(decoded)) throw new InterroleUnreachable(`The stream has sent a ${event} that cannot be read`);
  return decoded;
}

const isKind = (event: string): event is Kind => Object.hasOwn(kinds, event);

/** The server is trusted to send what its types say; this finds what was cut or changed on its way. */
function isEvent(value: { event: Kind; id?: string; data: unknown }): value is StreamEvent {
  return (
    typeof value.data === "object" &&
    value.data !== null &&
    (!kinds[value.event].hasId || value.id !== undefined)
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function feed(parser: EventSourceParser, text: string): void {
  try {
    parser.feed(text);
  } catch (error) {
    throw new InterroleUnreachable(
      `The stream has sent more than ${maxEventLength} characters in one event`,
      {
        cause: error,
      },
    );
  }
}

async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  clock: Clock,
): Promise<Uint8Array | undefined> {
  const over = new AbortController();
  const silence = clock.delay(silentAfterMs, over.signal).then((): "silent" => "silent");
  try {
    const read = await Promise.race([reader.read(), silence]);
    if (read === "silent") throw new Error(`nothing has come for ${silentAfterMs / 1_000} s`);
    return read.value;
  } catch (error) {
    throw new InterroleUnreachable("The stream has broken", { cause: error });
  } finally {
    over.abort();
  }
}
