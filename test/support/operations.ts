import { setTimeout as sleep } from "node:timers/promises";
import { operationViewSchema, type OperationView } from "../../shared/operation/view.ts";

/** How long an operation may take in a test before the test gives up on it. */
const endedWithinMs = 40_000;
/** How long a repeated request may take until an instance takes it. */
const acceptedWithinMs = 30_000;
/** Each look costs the fleet under test some of the time that it needs itself. */
const pollMs = 250;
const endedStates = new Set(["succeeded", "failed", "cancelled"]);

/** A way into the API: any instance's base URL. */
export class Api {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** POST /roles/{role}/recycle, as it is answered. */
  async recycle(role: string, body: unknown = {}, key?: string): Promise<Response> {
    const headers = {
      "content-type": "application/json",
      ...(key === undefined ? {} : { "idempotency-key": key }),
    };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return await fetch(`${this.#url}/api/roles/${role}/recycle`, { method: "POST", headers, body: text });
  }

  /**
   * Begins a recycle that must be accepted; returns the operation's id. With a key it behaves as a careful caller does: while the
   * instance restarts or is gone, it repeats the request.
   */
  async begin(role: string, body: unknown = {}, key?: string): Promise<string> {
    const deadline = performance.now() + acceptedWithinMs;
    for (;;) {
      const last = await this.recycle(role, body, key).catch((error: unknown) => error);
      if (last instanceof Response && last.status === 202) {
        return operationViewSchema.parse(await last.json()).id;
      }
      const why = last instanceof Response ? `${last.status}: ${await last.text()}` : String(last);
      const mayBeRepeated = key !== undefined && (!(last instanceof Response) || last.status >= 500);
      if (!mayBeRepeated || performance.now() > deadline) throw new Error(`Expected 202, got ${why}`);
      await sleep(pollMs);
    }
  }

  async cancel(id: string): Promise<Response> {
    return await fetch(`${this.#url}/api/operations/${id}/cancel`, { method: "POST" });
  }

  async get(path: string): Promise<Response> {
    return await fetch(`${this.#url}/api${path}`);
  }

  /** The operation as it is now; undefined while this instance cannot say. */
  async operation(id: string): Promise<OperationView | undefined> {
    try {
      const answer = await this.get(`/operations/${id}`);
      return answer.ok ? operationViewSchema.parse(await answer.json()) : undefined;
    } catch {
      // The instance is just being restarted; whoever waits asks again.
      return undefined;
    }
  }

  /** Waits until what the operation shows fits. Throws with its last state when it does not in time. */
  async until(
    id: string,
    fits: (operation: OperationView) => boolean,
    withinMs = endedWithinMs,
  ): Promise<OperationView> {
    const deadline = performance.now() + withinMs;
    let last: OperationView | undefined;
    while (performance.now() < deadline) {
      last = (await this.operation(id)) ?? last;
      if (last && fits(last)) return last;
      await sleep(pollMs);
    }
    throw new Error(`Operation ${id} did not get there within ${withinMs} ms: ${JSON.stringify(last)}`);
  }

  async untilEnded(id: string, withinMs?: number): Promise<OperationView> {
    return await this.until(id, ({ state }) => endedStates.has(state), withinMs);
  }
}

/** Each target's state, by instance. */
export function statesOf({ targets }: OperationView): Record<string, string> {
  return Object.fromEntries(targets.map(({ instance, state }) => [instance, state]));
}
