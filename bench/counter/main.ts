import { once } from "node:events";
import { endChild, startChild } from "../child.ts";
import { RedisServer } from "../redis-server.ts";
import { original, ours, redisIncr, tableLoop, type Contender } from "./contenders.ts";
import { countSchema, servicesSchema } from "./reports.ts";

// npm run bench:counter: numbers of one counter by several callers in one process, side by side in one run.

const callerCounts = [1, 10, 100];
const warmUpMs = 500;
const measureMs = 3_000;

interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
  operations: number;
}

const services = await startChild("services", []);
const redis = await RedisServer.start();
if (!redis) console.log("Redis is left out: there is no redis-server on this machine");

/** Operations on the broker since the last question. */
async function countOperations(): Promise<number> {
  services.child.send("count");
  const [count]: unknown[] = await once(services.child, "message");
  return countSchema.parse(count).operations;
}

/** Callers that take one number after the other, for so long. */
async function run({ take }: Contender, callers: number, forMs: number): Promise<number[]> {
  const took: number[] = [];
  const endsAt = performance.now() + forMs;
  const call = async (): Promise<void> => {
    for (let at = performance.now(); at < endsAt;) {
      await take();
      const now = performance.now();
      took.push(now - at);
      at = now;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return took;
}

async function measure(contender: Contender, callers: number): Promise<Measured> {
  await run(contender, callers, warmUpMs);
  await countOperations();
  const startedAt = performance.now();
  const took = await run(contender, callers, measureMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const operations = (await countOperations()) / took.length;
  took.sort((a, b) => a - b);
  const percentile = (share: number): number => took[Math.ceil(share * took.length) - 1] ?? Number.NaN;
  return {
    perSecond: took.length / seconds,
    p50: percentile(0.5),
    p99: percentile(0.99),
    operations: contender.knownOperations ?? operations,
  };
}

const at = servicesSchema.parse(services.first);
const contenders = [
  ours(at, "strict"),
  ours(at, "block"),
  await original(at),
  await tableLoop(at),
  ...(redis ? [redisIncr(redis.port)] : []),
];
for (const callers of callerCounts) {
  const rows: [string, Measured][] = [];
  for (const contender of contenders) rows.push([contender.name, await measure(contender, callers)]);
  print(callers, rows);
}
for (const { close } of contenders) await close();
await redis?.[Symbol.asyncDispose]();
await endChild(services.child);

function print(callers: number, rows: readonly [string, Measured][]): void {
  const head = ["numbers/s", "p50 ms", "p99 ms", "operations", "strict is", "block is"];
  console.log(
    `\n${`${callers} caller${callers === 1 ? "" : "s"}`.padEnd(24)}${head.map((text) => text.padStart(12)).join("")}`,
  );
  const [strict, block] = [rows[0]?.[1].perSecond ?? 0, rows[1]?.[1].perSecond ?? 0];
  for (const [name, { perSecond, p50, p99, operations }] of rows) {
    const cells = [
      perSecond.toFixed(0),
      p50.toFixed(3),
      p99.toFixed(3),
      operations.toFixed(3),
      `${(strict / perSecond).toFixed(2)} x`,
      `${(block / perSecond).toFixed(2)} x`,
    ];
    console.log(`${name.padEnd(24)}${cells.map((text) => text.padStart(12)).join("")}`);
  }
}
