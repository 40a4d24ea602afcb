import { clients, type Carrier } from "./carrier.ts";
import { pace, saturate, type Arrivals, type Measured } from "./load.ts";

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 3);
const warmUpMs = 5_000;
const saturateMs = 4_000;
const paceMs = 6_000;
/** Moderate load is so much of what interrole takes. */
const moderateShare = 0.5;

/** A carrier with the messages that it has under way. */
export interface Contestant {
  name: string;
  carrier: Carrier;
  arrivals: Arrivals;
}

/** All measurements of one carrier. */
export interface Results {
  name: string;
  saturated: Measured[];
  moderate: Measured[];
  /** Messages a second that moderate load was, in each round. */
  moderatePerSecond: number[];
}

/** Measures all carriers in turn, several times: so what else the machine does meets them all alike. */
export async function compare(
  contestants: readonly Contestant[],
  tell: (line: string) => void,
): Promise<Results[]> {
  const results = contestants.map(({ name }): Results => ({
    name,
    saturated: [],
    moderate: [],
    moderatePerSecond: [],
  }));
  // The first one is what the others are compared with; it says what moderate is.
  let ownLimit = 0;
  for (const [index, { name, carrier, arrivals }] of contestants.entries()) {
    const { perSecond } = await saturate(carrier, arrivals, warmUpMs);
    tell(`warm-up: ${name} ${perSecond.toFixed(0)}/s with ${clients} clients`);
    if (index === 0) ownLimit = perSecond;
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { name, carrier, arrivals }] of contestants.entries()) {
      const saturated = await saturate(carrier, arrivals, saturateMs);
      if (index === 0) ownLimit = saturated.perSecond;
      const perSecond = Math.min(ownLimit, saturated.perSecond) * moderateShare;
      const moderate = await pace(carrier, arrivals, { perSecond, forMs: paceMs });
      results[index]?.saturated.push(saturated);
      results[index]?.moderate.push(moderate);
      results[index]?.moderatePerSecond.push(perSecond);
      tell(`round ${round + 1}: ${name} ${saturated.perSecond.toFixed(0)}/s`);
    }
  }
  return results;
}
