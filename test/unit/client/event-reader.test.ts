import { describe, expect, test } from "vitest";
import type { SessionEvent } from "../../../client/index.ts";
import { decodeEvent, readEvents } from "../../../client/event-reader.ts";
import { encodeEvent, heartbeatComment, type StreamEvent } from "../../../shared/presence/stream-event.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const reconnect: StreamEvent = { event: "reconnect", data: { reason: "übermütig" } };
const closed: StreamEvent = { event: "closed", data: { reason: "closed" } };

/** A body that comes in these pieces, and then ends or stays open. */
function bodyOf(pieces: readonly Uint8Array[], { isOpen = false } = {}): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(piece);
      if (!isOpen) controller.close();
    },
  });
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<SessionEvent[]> {
  const events: SessionEvent[] = [];
  for await (const event of readEvents(body, new ManualClock())) events.push(event);
  return events;
}

describe("a stream", () => {
  test("is read as it was written, wherever the network cuts it", async () => {
    const bytes = new TextEncoder().encode(encodeEvent(reconnect) + heartbeatComment + encodeEvent(closed));
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await readAll(bodyOf(single))).toEqual([reconnect, closed]);
    expect(await readAll(bodyOf([bytes]))).toEqual([reconnect, closed]);
  });

  test("that is cut inside an event has not had that event", async () => {
    const text = encodeEvent(reconnect) + encodeEvent(closed).slice(0, -1);
    expect(await readAll(bodyOf([new TextEncoder().encode(text)]))).toEqual([reconnect]);
  });

  test("that says nothing for a minute has broken", async () => {
    const clock = new ManualClock();
    const next = readEvents(bodyOf([], { isOpen: true }), clock).next();
    const ending = next.catch((error: unknown) => error);
    await clock.advance(60_000);
    expect(await ending).toMatchObject({ name: "InterroleUnreachable" });
  });
});

describe("an event", () => {
  test("of a kind that is not known yet is passed over", () => {
    expect(decodeEvent({ event: "weather", data: "{}" })).toBeUndefined();
    expect(decodeEvent({ data: "{}" })).toBeUndefined();
  });

  test("that was changed on its way is an error, not a guess", () => {
    for (const changed of [
      { event: "closed", data: "{" },
      { event: "closed", data: "7" },
      { event: "message", data: "{}" },
    ])
      expect(() => decodeEvent(changed)).toThrow(`has sent a ${changed.event} that cannot be read`);
  });
});
