import { it } from "vitest";
import { simulate } from "./simulate.ts";
import { randomPolicy } from "./policy.ts";
import { scenarios } from "./scenarios.ts";
it("runs", async () => {
  const n=+(process.env.N??50), s0=+(process.env.S??0);
  for (const [key, scenario] of Object.entries(scenarios)) {
    if (process.env.SC && process.env.SC!==key) continue;
    const t=performance.now(); let turns=0; let fails=0;
    const tally = new Map<string,number>();
    for (let s=s0;s<s0+n;s++){ const r = await simulate({scenario, seed:s, policy: (random)=>randomPolicy(random,+(process.env.F??0.02))}); turns+=r.turns;
      const k = r.broken?.replace(/[0-9a-f]{32}/g,"OP") ?? r.states.join()+":"+[...new Set(r.outcomes)].sort().join(); tally.set(k,(tally.get(k)??0)+1);
      if (r.broken && fails++<6) { console.log("BROKEN", key, s, r.broken); if (process.env.T) { console.log(r.trace.join("\n")); break; } } }
    console.log(key, n, turns, (performance.now()-t)|0, tally);
  }
}, 600000);
