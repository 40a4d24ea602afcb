// How long a message takes from a client of one instance to a client of another one, and how many go through: interrole beside the least
// that its services allow, and beside socket.io with two adapters. `npm run bench:forward`; docs/bench.md says how to read it.

import { availableParallelism } from "node:os";
import type { Carrier, OnReceived } from "./carrier.ts";
import { Floor } from "./floor.ts";
import { BenchFleet } from "./fleet.ts";
import { Interrole } from "./interrole.ts";
import { Arrivals } from "./load.ts";
import { RedisServer } from "./redis-server.ts";
import { renderResults } from "./render.ts";
import { compare, type Contestant } from "./rounds.ts";
import { SocketIo } from "./socket-io.ts";

// So that what is to happen at the end happens after a Ctrl-C, too.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

await using fleet = await BenchFleet.start();
const { facts } = fleet;
await using redis = await RedisServer.start();

/** Which carriers are measured: those whose names contain one of the arguments, or all. */
const wanted = process.argv.slice(2);
const contestants: Contestant[] = [];

async function join(name: string, connect: (onReceived: OnReceived) => Promise<Carrier>): Promise<void> {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) return;
  const arrivals = new Arrivals();
  contestants.push({ name, carrier: await connect(arrivals.onReceived), arrivals });
}

try {
  await join("interrole", (onReceived) => Interrole.connect(facts.instances, onReceived));
  await join("floor", (onReceived) => Floor.connect(facts, onReceived));
  await join("socket.io + Service Bus", (onReceived) =>
    SocketIo.connect(["service-bus", facts.serviceBus, facts.serviceBusAdmin], onReceived),
  );
  if (redis)
    await join("socket.io + Redis", (onReceived) =>
      SocketIo.connect(["redis", String(redis.port)], onReceived),
    );
  else console.log("socket.io + Redis: left out, because there is no redis-server on this machine");
  console.log(`${availableParallelism()} cores, everything on one machine; 1 KB messages`);
  console.log(renderResults(await compare(contestants, (line) => console.log(line))));
} finally {
  for (const { carrier } of contestants) await carrier[Symbol.asyncDispose]();
}
