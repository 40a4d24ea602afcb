import type { FleetEvent, OnEvent } from "./event.ts";

/** Passes the fleet's events on to whoever listens at the moment. */
export class EventSource {
  readonly #listeners = new Set<OnEvent>();

  /** Returns what ends the listening. */
  listen(listener: OnEvent): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  readonly emit = (event: FleetEvent): void => {
    for (const listener of this.#listeners) listener(event);
  };
}
