import { counterLimits } from "./limits.ts";
import type { CounterState } from "./state.ts";

/**
 * Whether a turn whose write was not answered was made, by a state that was read after its link had lost the lock: no write of it can
 * come later.
 *
 * It was made if the state names it as the latest turn of its writer. It was not if the writer's place shows that nothing was pushed
 * out since: the list of writers is not full, names an earlier turn of this writer, or still holds a turn of anybody that is older than
 * this one, which would have been pushed out first. Else 32 others have written meanwhile, and nobody can tell.
 */
export function outcomeOf(
  state: CounterState,
  writer: string,
  turn: number,
): "made" | "not-made" | "unknown" {
  const own = state.writers.find((entry) => entry.writer === writer);
  if (own) return own.turn === turn ? "made" : "not-made";
  if (state.writers.length < counterLimits.maxWriters) return "not-made";
  return state.writers.some((entry) => entry.turn < turn) ? "not-made" : "unknown";
}
