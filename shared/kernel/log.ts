import type { Clock } from "./clock.ts";

export type LogLevel = "info" | "warn" | "error";

type LogValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly LogValue[]
  | { readonly [key: string]: LogValue };
export type LogFields = Readonly<Record<string, LogValue>>;

/** Which process speaks; stands in every line. */
export interface Speaker {
  instance: string;
  role: string;
}

/**
 * Writes one JSON line per event. The event's name and its fields are an interface that dashboards and tests rely on, so
 * each slice lists its events as named functions in its own `log.ts`.
 */
export class Log {
  readonly #speaker: Speaker;
  readonly #clock: Clock;
  readonly #write: (line: string) => void;

  constructor(speaker: Speaker, clock: Clock, write: (line: string) => void) {
    this.#speaker = speaker;
    this.#clock = clock;
    this.#write = write;
  }

  /** Writes the event; `message` is a sentence for people, `fields` are for machines. */
  emit(level: LogLevel, event: string, message: string, fields: LogFields = {}): void {
    const { instance, role } = this.#speaker;
    this.#write(
      JSON.stringify({
        time: this.#clock.now().toISOString(),
        level,
        event,
        instance,
        role,
        message,
        ...fields,
      }),
    );
  }
}

/** The text of whatever was thrown, without its stack. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
