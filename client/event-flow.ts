import type { Clock } from "../shared/kernel/clock.ts";
import type { StreamEvent } from "../shared/presence/stream-event.ts";
import { readEvents } from "./event-reader.ts";
import type { HeldSession } from "./held-session.ts";
import type { Intake } from "./intake.ts";
import { InterroleUnreachable } from "./problem.ts";
import { delayBefore, isTransient, type Random } from "./retry.ts";

/** A stream that has lasted so long was a good one: what fails after it begins to count anew. */
const steadyMs = 10_000;

/** How a stream ended: with its session, or for another to go on. */
type Ending = "closed" | "ended";

export interface EventFlowParts {
  held: HeldSession;
  intake: Intake;
  clock: Clock;
  random: Random;
}

/**
 * A session's events over as many streams as it takes.
 *
 * open at the session's instance → events → the stream ends (it broke, fell silent, or said `reconnect`) → back-off → open where the session
 * goes on, after the last message taken. An instance that refuses or does not answer is followed by the entry, and that by the instance
 * again. `closed` ends the session, and a problem that no repetition can mend is thrown.
 */
export class EventFlow {
  readonly #parts: EventFlowParts;

  constructor(parts: EventFlowParts) {
    this.#parts = parts;
  }

  async *events(signal: AbortSignal): AsyncGenerator<StreamEvent, void> {
    const { held, clock, random } = this.#parts;
    let attempt = 0;
    // Which of the places is asked: the first again after each stream that opened.
    let place = 0;
    for (;;) {
      const beganMs = clock.monotonicMs();
      let failure: unknown;
      try {
        const body = await this.#open(place, signal);
        place = 0;
        if ((yield* this.#stream(body)) === "closed") return;
      } catch (error) {
        signal.throwIfAborted();
        if (!isTransient(error)) throw error;
        failure = error;
        place += 1;
      }
      if (clock.monotonicMs() - beganMs >= steadyMs) attempt = 0;
      // What an instance asked for is about itself; the next place need not wait for it.
      const isRoundOver = place % held.places.length === 0;
      await clock.delay(delayBefore(isRoundOver ? failure : undefined, attempt, random), signal);
      signal.throwIfAborted();
      attempt += 1;
    }
  }

  async #open(place: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { held, intake } = this.#parts;
    const { lastEventId } = intake;
    const url = held.places[place % held.places.length] ?? held.instanceUrl;
    const answer = await held.once(url, {
      method: "GET",
      path: held.path("/events"),
      headers: {
        accept: "text/event-stream",
        ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      },
      signal,
    });
    if (!answer.body) throw new InterroleUnreachable(`${url} has answered without a stream`);
    held.movedTo(url);
    return answer.body;
  }

  async *#stream(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent, Ending> {
    const { held, intake, clock } = this.#parts;
    for await (const event of readEvents(body, clock)) {
      if (!intake.take(event)) continue;
      // Before it is handed out: whoever leaves the loop at this event goes on there.
      if (event.event === "reconnect" && event.data.url !== undefined) held.movedTo(event.data.url);
      yield event;
      if (event.event === "closed") return "closed";
      if (event.event === "reconnect") return "ended";
    }
    return "ended";
  }
}
