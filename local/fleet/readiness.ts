import type { Clock } from "../../shared/kernel/clock.ts";

const pollMs = 100;
/** One question may take this long: an instance that hangs is not ready. */
const askMs = 2_000;
/** How much of an answer is shown as the reason. */
const maxReasonChars = 400;

export type Readiness = { ready: true } | { ready: false; reason: string };

/** Asks an instance until it says that it is ready, the time is over, or the signal aborts. Never rejects. */
export async function waitUntilReady(
  url: string,
  options: { clock: Clock; withinMs: number; signal: AbortSignal },
): Promise<Readiness> {
  const { clock, withinMs, signal } = options;
  const deadline = clock.monotonicMs() + withinMs;
  let answer = await askReady(url, signal);
  while (!answer.ready && !signal.aborted && clock.monotonicMs() < deadline) {
    await clock.delay(pollMs, signal);
    answer = await askReady(url, signal);
  }
  return answer;
}

async function askReady(url: string, signal: AbortSignal): Promise<Readiness> {
  try {
    const response = await fetch(`${url}/api/health/ready`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(askMs)]),
    });
    const body = (await response.text()).slice(0, maxReasonChars);
    if (response.status === 200) return { ready: true };
    return { ready: false, reason: `it answers ${response.status} ${body}`.trim() };
  } catch (error) {
    return { ready: false, reason: `it does not answer (${causeOf(error)})` };
  }
}

/** `fetch` hides what happened in the error's cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
