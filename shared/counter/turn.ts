import { Problem } from "../kernel/problem.ts";
import { counterLimits } from "./limits.ts";
import type { CounterAnswer, CounterRequest } from "./request.ts";
import type { CounterState, KeptAnswer } from "./state.ts";

/** What a turn makes of the state, and what each request is answered once the new state is kept. */
export interface Decision {
  state: CounterState;
  answers: (CounterAnswer | Problem)[];
  /** Whether there is anything to write. */
  hasChanged: boolean;
}

/**
 * Takes requests in their order. One with a key that is remembered gets the answer it got, with the epoch of that time; what cannot be
 * done is refused and changes nothing; the rest takes its numbers. Pure: nothing is true before the state is written.
 */
export function decide(state: CounterState, writer: string, requests: readonly CounterRequest[]): Decision {
  const known = requests.some(({ key }) => key !== undefined)
    ? indexOf(state)
    : new Map<string, KeptAnswer>();
  const made: KeptAnswer[] = [];
  let { epoch, value } = state;
  let hasChanged = false;
  const answers = requests.map((request): CounterAnswer | Problem => {
    const kept = request.key === undefined ? undefined : known.get(request.key);
    if (kept) return repeat(kept, request);
    if (request.kind === "read")
      return { value, epoch, isUsed: hasChanged || state.turn > 0, isRepeated: false };
    const answer = take(request, { epoch, value });
    if (answer instanceof Problem) return answer;
    hasChanged = true;
    ({ epoch, value } = answer.after);
    if (request.key !== undefined) {
      const keeping: KeptAnswer = { key: request.key, epoch, ...answer.kept };
      made.push(keeping);
      known.set(request.key, keeping);
    }
    return answerOf({ epoch, ...answer.kept }, false);
  });
  if (!hasChanged) return { state, answers, hasChanged };
  return { state: record({ ...state, epoch, value }, writer, made), answers, hasChanged };
}

interface Change {
  after: { epoch: number; value: bigint };
  kept: { value: bigint; count: number };
}

function take(
  request: CounterRequest & { kind: "next" | "reset" },
  { epoch, value }: { epoch: number; value: bigint },
): Change | Problem {
  if (request.kind === "reset")
    return {
      after: { epoch: epoch + 1, value: request.value },
      kept: { value: request.value, count: 0 },
    };
  const last = value + BigInt(request.count);
  if (last > counterLimits.maxValue)
    return new Problem(
      "counter-overflow",
      `The counter stands at ${value}; ${request.count} more would pass ${counterLimits.maxValue}. Nothing was taken. Reset it to go on`,
    );
  return { after: { epoch, value: last }, kept: { value: value + 1n, count: request.count } };
}

function repeat(kept: KeptAnswer, request: CounterRequest): CounterAnswer | Problem {
  const isSame =
    request.kind === "next"
      ? kept.count === request.count
      : request.kind === "reset" && kept.count === 0 && kept.value === request.value;
  if (isSame) return answerOf(kept, true);
  return new Problem(
    "key-reused",
    "The Idempotency-Key was used before for this counter with another request",
  );
}

function answerOf({ epoch, value, count }: Omit<KeptAnswer, "key">, isRepeated: boolean): CounterAnswer {
  if (count === 0) return { value, epoch, isUsed: true, isRepeated };
  return { value, last: value + BigInt(count) - 1n, count, epoch, isRepeated };
}

/** The state after a turn of this writer: its latest turn, and the keys, each list without what no longer fits. */
function record(state: CounterState, writer: string, answers: readonly KeptAnswer[]): CounterState {
  const { maxWriters, maxKeys } = counterLimits;
  const turn = state.turn + 1;
  const others = state.writers.filter((other) => other.writer !== writer).slice(1 - maxWriters);
  return {
    ...state,
    turn,
    writers: [...others, { writer, turn, answers }],
    keys: answers.length > 0 ? [...state.keys, ...answers].slice(-maxKeys) : state.keys,
  };
}

/** Every key that is remembered. */
function indexOf({ writers, keys }: CounterState): Map<string, KeptAnswer> {
  const known = new Map<string, KeptAnswer>();
  for (const { answers } of writers) for (const answer of answers) known.set(answer.key, answer);
  for (const answer of keys) known.set(answer.key, answer);
  return known;
}
