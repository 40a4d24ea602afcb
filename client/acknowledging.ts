import type { Clock } from "../shared/kernel/clock.ts";
import type { HeldSession } from "./held-session.ts";
import type { Intake } from "./intake.ts";
import type { Random } from "./retry.ts";

/** The server ends a session whose client has not acknowledged for a minute. */
const intervalMs = 20_000;
/** How long the last acknowledgement may hold up the end. */
const farewellMs = 3_000;

export interface AcknowledgingParts {
  held: HeldSession;
  intake: Intake;
  /** What the session says of itself, as far as it is known. */
  metadata: () => Record<string, unknown> | undefined;
  clock: Clock;
  random: Random;
}

/** Tells the server now and then that this client is there, and how far it has read; looks after the token in passing. */
export class Acknowledging {
  readonly #parts: AcknowledgingParts;
  readonly #stopped = new AbortController();
  readonly #done: Promise<void>;
  #told: string | undefined;

  /** Begins. */
  constructor(parts: AcknowledgingParts) {
    this.#parts = parts;
    this.#done = this.#repeat();
  }

  /** Stops; with a last word when there is news, which may take a moment and may fail. */
  async stop({ lastWord }: { lastWord: boolean }): Promise<void> {
    this.#stopped.abort();
    await this.#done;
    const { intake, clock } = this.#parts;
    if (!lastWord || intake.lastEventId === undefined || intake.cursor === this.#told) return;
    const [said, late] = [new AbortController(), new AbortController()];
    void clock.delay(farewellMs, said.signal).then(() => late.abort());
    await this.#quietly(() => this.#acknowledge(late.signal));
    said.abort();
  }

  async #repeat(): Promise<void> {
    const { clock, random } = this.#parts;
    const { signal } = this.#stopped;
    for (;;) {
      await clock.delay(intervalMs * (0.8 + random() * 0.2), signal);
      if (signal.aborted) return;
      await this.#quietly(() => this.#acknowledge(signal));
      await this.#quietly(() => this.#renew(signal));
    }
  }

  async #acknowledge(signal: AbortSignal): Promise<void> {
    const { held, intake } = this.#parts;
    const { cursor } = intake;
    await held.once(held.instanceUrl, {
      method: "POST",
      path: held.path("/ack"),
      body: { cursor },
      signal,
    });
    this.#told = cursor;
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const metadata = this.#parts.metadata();
    if (metadata) await this.#parts.held.renewIfDue(metadata, signal);
  }

  /** What fails is done again in 20 s; a session that has ended is told by its stream. */
  async #quietly(act: () => Promise<void>): Promise<void> {
    await act().catch(() => undefined);
  }
}
