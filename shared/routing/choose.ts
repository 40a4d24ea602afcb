import { own, type Choice, type RoutingTable } from "./table.ts";

/** Steps of this part of the whole go round evenly, wherever they stop. */
const goldenPart = 0.618_034;

/** The endpoint whose turn it is. `turn` counts up, or is a hash of the message if the same message must get the same endpoint. */
export function chooseEndpoint(table: RoutingTable, endpoint: string, turn: number): string {
  const choice = own(table.choices, endpoint);
  if (!choice) return endpoint;
  const weights = weightsOf(choice);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const step = choice.policy === "weighted" ? evenStep(total) : 1;
  // The remainder comes first, so that large turns stay exact.
  let left = ((((Math.trunc(turn) % total) + total) % total) * step) % total;
  for (const [name, weight] of weights) {
    left -= weight;
    if (left < 0) return name;
  }
  return endpoint;
}

function weightsOf(choice: Choice): [string, number][] {
  return choice.policy === "weighted"
    ? Object.entries(choice.endpoints)
    : choice.endpoints.map((name) => [name, 1]);
}

/** A step that comes to each place of a round once, and to neighbours far apart: a:6, b:2 gives a a b a, not a a a a a a b b. */
function evenStep(total: number): number {
  let step = Math.max(1, Math.round(total * goldenPart));
  while (commonDivisor(step, total) !== 1) step += 1;
  return step;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
