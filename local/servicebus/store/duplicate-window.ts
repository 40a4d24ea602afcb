/** Message ids seen within a time window. Ids stand in the map in order of arrival, so the old ones are at its front. */
export class DuplicateWindow {
  #seen = new Map<string, number>();

  /** Notes an id; false when it was seen within the window before. */
  admit(messageId: string, now: number, windowMs: number): boolean {
    for (const [id, at] of this.#seen) {
      if (at + windowMs > now) break;
      this.#seen.delete(id);
    }
    if (this.#seen.has(messageId)) return false;
    this.#seen.set(messageId, now);
    return true;
  }
}
