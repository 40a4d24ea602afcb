import type { Clock } from "../shared/kernel/clock.ts";
import { InterroleProblem, InterroleUnreachable, readProblem } from "./problem.ts";
import { retrying, type Random } from "./retry.ts";

/** How long one attempt may wait for the head of its answer. */
const attemptMs = 20_000;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Behind an instance's base URL. */
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Ends the call, its repeats and its answer's body. */
  signal: AbortSignal;
}

export interface TransportParts {
  fetch: Fetch;
  clock: Clock;
  random: Random;
}

/** Requests to instances, as a client makes them. */
export class Transport {
  readonly #parts: TransportParts;

  constructor(parts: TransportParts) {
    this.#parts = parts;
  }

  /**
   * One attempt at one instance. Throws InterroleProblem for an answer that is not a success, InterroleUnreachable when there is none, and
   * the signal's reason when it aborts.
   */
  async once(baseUrl: string, { method, path, headers, body, signal }: Call): Promise<Response> {
    const { fetch } = this.#parts;
    signal.throwIfAborted();
    const [late, answered] = [new AbortController(), new AbortController()];
    void this.#limit(late, answered.signal);
    try {
      const answer = await fetch(`${baseUrl}${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, late.signal]),
      });
      if (!answer.ok) throw await readProblem(answer);
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof InterroleProblem) throw error;
      throw new InterroleUnreachable(`${baseUrl} does not answer`, { cause: error });
    } finally {
      answered.abort();
    }
  }

  /** Repeats a call while it may yet work: at the first of these places, then at the next, round and round. */
  async retrying(places: () => readonly string[], call: Call, patienceMs: number): Promise<Response> {
    const { clock, random } = this.#parts;
    const act = (attempt: number) => {
      const now = places();
      return this.once(now[attempt % now.length] ?? "", call);
    };
    return await retrying(act, { clock, random, patienceMs, signal: call.signal });
  }

  async #limit(late: AbortController, answered: AbortSignal): Promise<void> {
    await this.#parts.clock.delay(attemptMs, answered);
    if (!answered.aborted) late.abort(new Error(`no answer within ${attemptMs / 1_000} s`));
  }
}

/** The fields of an answer in JSON. Throws InterroleUnreachable when it is something else: then it was not our server that spoke. */
export async function readAnswer(answer: Response): Promise<Record<string, unknown>> {
  const body: unknown = await answer.json().catch(() => undefined);
  if (typeof body !== "object" || body === null)
    throw new InterroleUnreachable(`${answer.url} has answered something that is not JSON`);
  return { ...body };
}
