import type { RoutedMessage } from "../routed-message.ts";

/** The messages that are remembered: so many, with bodies of so many bytes together; a larger one is not. */
const maxMessages = 1_000;
const maxBytes = 8_388_608;
const maxBodyBytes = 262_144;

/** The last messages that this instance routed, in memory only: what a new table would do with them can be tried. */
export class Recorded {
  #messages: RoutedMessage[] = [];
  #bytes = 0;

  /** Remembers a message that was routed, with the name of its table. Keeps its body: nobody may change that afterwards. */
  note(message: RoutedMessage): void {
    if (message.body.length > maxBodyBytes) return;
    this.#messages.push(message);
    this.#bytes += message.body.length;
    if (this.#messages.length <= maxMessages && this.#bytes <= maxBytes) return;
    // Half of them go at once: moving all the others for each message would cost more than the rest of its way.
    const dropped = this.#messages.splice(0, Math.ceil(this.#messages.length / 2));
    this.#bytes -= dropped.reduce((sum, { body }) => sum + body.length, 0);
  }

  /** The newest messages of a table, the newest first. */
  last(table: string, limit: number): RoutedMessage[] {
    return this.#messages
      .filter(({ pass }) => pass.table === table)
      .slice(-limit)
      .toReversed();
  }
}
