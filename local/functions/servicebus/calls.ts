/** The calls that are under way. */
export class Calls {
  readonly #running = new Set<Promise<void>>();

  /** Counts a call until it is over. The call must not reject. */
  add(call: Promise<void>): Promise<void> {
    this.#running.add(call);
    void call.finally(() => this.#running.delete(call));
    return call;
  }

  /** Waits until no call is under way, at most so long; answers whether none is. */
  async over(withinMs: number): Promise<boolean> {
    const end = Date.now() + withinMs;
    while (this.#running.size > 0) {
      const left = end - Date.now();
      if (left <= 0) return false;
      await within(left, Promise.all(this.#running));
    }
    return true;
  }
}

/** Waits for something, but not longer than a time; undefined when it did not come or failed. Never rejects. */
export async function within<Value>(
  milliseconds: number,
  something: Promise<Value>,
): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  const value = await Promise.race([something.catch(() => undefined), elapsed]);
  clearTimeout(timer);
  return value;
}
