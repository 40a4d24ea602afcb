import type { Taken } from "../../../shared/counter/request.ts";
import type { Seen } from "./check.ts";
import type { CounterUnderTest } from "./counter-process.ts";

export interface Work {
  /** How many callers each process has, and how many numbers each of them takes. */
  callers: number;
  requests: number;
  /** With keys, a caller whose process has died asks another one for the same number. */
  hasKeys: boolean;
}

/** Has callers take numbers of several processes, and tells what they saw. A caller that cannot go on at all rejects. */
export async function takeAll(processes: readonly CounterUnderTest[], work: Work): Promise<Seen[]> {
  const seen: Seen[] = [];
  const callers = processes.flatMap((_, home) =>
    Array.from({ length: work.callers }, async (__, caller) => {
      for (let index = 0; index < work.requests; index += 1) {
        const key = work.hasKeys ? `${home}-${caller}-${index}` : undefined;
        seen.push(await takeOne(processes, home, key));
      }
    }),
  );
  await Promise.all(callers);
  return seen;
}

/** Asks the process at home first, and the next ones when it has died: for the same number if there is a key, else for another. */
async function takeOne(
  processes: readonly CounterUnderTest[],
  home: number,
  key: string | undefined,
): Promise<Seen> {
  const askedAt = performance.now();
  for (let index = home; index < home + processes.length; index += 1) {
    const process = processes[index % processes.length];
    if (!process) continue;
    const taken = await Promise.race([process.next(key), process.killed]);
    const answeredAt = performance.now();
    if (isTaken(taken)) return { key, count: 1, askedAt, answeredAt, taken };
    if (key === undefined) return { key, count: 1, askedAt, answeredAt };
  }
  throw new Error("every process has died");
}

const isTaken = (outcome: Taken | void): outcome is Taken => outcome !== undefined;
