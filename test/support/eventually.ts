/** Quick at first, for what happens in this process; slower then, for what has to be asked of others. */
const [FIRST_POLL_MS, LONGEST_POLL_MS] = [10, 250];
const DEFAULT_DEADLINE_MS = 30_000;

/**
 * Waits until a fact holds: the function neither throws nor returns false. Gives what it returned.
 * When the time is up, what the last attempt threw is thrown, so that the failed expectation is what a reader sees.
 */
export async function eventually<T>(
  fact: () => T | Promise<T>,
  { withinMs = DEFAULT_DEADLINE_MS } = {},
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(LONGEST_POLL_MS, pollMs * 1.5)) {
    let why: unknown;
    try {
      const seen = await fact();
      if (seen !== false) return seen;
      why = new Error(`not so within ${withinMs} ms: ${fact.toString()}`);
    } catch (error) {
      why = error;
    }
    if (Date.now() >= deadline) throw why;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
