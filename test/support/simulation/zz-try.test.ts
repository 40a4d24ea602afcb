import { it } from "vitest";
import { simulate } from "./simulate.ts";
import { randomPolicy, plainPolicy } from "./policy.ts";
import { faultKinds } from "./scenario.ts";
it("runs", async () => {
  const scenario = { name: "x", instances: [{id:"api-0",role:"api"},{id:"web-0",role:"web"},{id:"web-1",role:"web"}], requests:[{role:"web",key:"k1",by:"http" as const,body:{maxUnavailable:1}}], faults: faultKinds, maxFaults: 3 };
  let r = await simulate({scenario, seed: 1, policy: () => plainPolicy([])});
  console.log(r.turns, r.states, r.outcomes, r.broken); 
  const t=performance.now(); const c0=process.cpuUsage(); let turns=0; const n=+(process.env.N??50);
  const tally = new Map<string,number>();
  const s0=+(process.env.S??0); for (let s=s0;s<s0+n;s++){ r = await simulate({scenario, seed:s, policy: (random)=>randomPolicy(random,0.02)}); turns+=r.turns;
    const k = r.broken?.replace(/[0-9a-f]{32}/g,"OP") ?? r.states.join()+":"+[...new Set(r.outcomes)].sort().join(); tally.set(k,(tally.get(k)??0)+1);
    if (r.broken) { console.log(s, r.broken); if (process.env.T) { console.log(r.trace.join("\n")); break; } } }
  console.log(n, turns, performance.now()-t, JSON.stringify(process.cpuUsage(c0))); console.log(tally);
}, 600000);
