import { expect, test } from "vitest";
import { z } from "zod";
import { ServiceBusClient, type ServiceBusReceivedMessage } from "@azure/service-bus";
import { browserClock } from "../../client/browser-clock.ts";
import { eventually } from "../support/eventually.ts";
import { startTestFleet, type TestFleet } from "../support/fleet.ts";
import { RouterClient } from "../support/router-client.ts";
import { ScriptedServer, type Asked } from "../support/scripted-server.ts";

/** `STORM_MESSAGES=100000 npm run storm -- test/storm/router.test.ts` for all of it. */
const messages = Number(process.env["STORM_MESSAGES"] ?? 2_000);
const instances = ["web-0", "web-1", "api-0"];
/** Callers that send one after the other; half of them over HTTP, half to the queue. */
const callers = 12;
/** One message of so many matches no rule. */
const oneUnmatchedOf = 20;
const betweenKillsMs = 8_000;
const upMs = 3_000;
const downMs = 1_500;
const betweenTablesMs = 300;
const withinMs = 3_400_000;

/** Tables that differ in the order of their entries alone: each routes a message to both services, and is another version. */
const tableOf = (turn: number, urls: readonly string[]) => ({
  name: "default",
  inbound: { events: { exchange: "one-way" } },
  endpoints: Object.fromEntries(
    urls.map((url, index) => [`service-${index}`, { address: `${url}/event/${turn}`, exchange: "one-way" }]),
  ),
  filters: { known: { type: "Fields", pattern: { kind: ["known"] } } },
  entries: urls.map((_, index) => ({ filter: "known", endpoint: `service-${index}` })),
});

const bodySchema = z.object({ n: z.number() });
const numberOf = (body: unknown): number => bodySchema.parse(body).n;

const bodyOf = (n: number) => ({ n, kind: n % oneUnmatchedOf === 0 ? "nobody's" : "known" });

/** What one service took: by message, the versions and branches that it came under. */
function taken(asked: readonly Asked[]) {
  const byMessage = new Map<number, { versions: Set<string>; branches: Set<string>; paths: Set<string> }>();
  for (const { body, headers, path } of asked) {
    const n = numberOf(body);
    const known = byMessage.get(n) ?? { versions: new Set(), branches: new Set(), paths: new Set() };
    known.versions.add(String(headers["interrole-table-version"]));
    known.branches.add(String(headers["interrole-branch-id"]));
    known.paths.add(path);
    byMessage.set(n, known);
  }
  return byMessage;
}

/** Sends one message as a careful caller does: again, with its key, until it is accepted. */
async function post(world: TestFleet, n: number, signal: AbortSignal): Promise<void> {
  for (let attempt = n; ; attempt += 1) {
    const { url } = world.fleet.instance(instances[attempt % instances.length] ?? "");
    const headers = { "content-type": "application/json", "idempotency-key": `message-${n}` };
    const answer = await new RouterClient(url)
      .send("events", JSON.stringify(bodyOf(n)), headers)
      .catch(() => undefined);
    if (answer?.status === 202) return;
    if (answer && answer.status < 500) throw new Error(`${answer.status} ${await answer.text()}`);
    await browserClock.delay(100, signal);
  }
}

/** Does it again and again until it is told to stop. Gives how often. */
async function keepDoing(act: (count: number) => Promise<void>, signal: AbortSignal): Promise<number> {
  let count = 0;
  while (!signal.aborted) {
    try {
      await act(count);
      count += 1;
    } catch {
      // What fails while instances are killed is done again.
      await browserClock.delay(50, signal).catch(() => undefined);
    }
  }
  return count;
}

/** With a client of its own: a client goes on peeking where it has ended, whichever receiver does. */
async function unmatchedOf(connectionString: string): Promise<number[]> {
  const bus = new ServiceBusClient(connectionString);
  const receiver = bus.createReceiver("router-unmatched");
  const numbers: number[] = [];
  try {
    for (let page: ServiceBusReceivedMessage[] = []; ;) {
      page = await receiver.peekMessages(250);
      if (page.length === 0) return numbers.sort((a, b) => a - b);
      numbers.push(...page.map(({ body }) => numberOf(body)));
    }
  } finally {
    await bus.close();
  }
}

test(
  "every message reaches both services by one version, or is kept, while tables change, a service flaps and instances are killed",
  async () => {
    await using world = await startTestFleet({
      instances: "web=2,api-0",
      settings: { HEARTBEAT_MS: "1000", ROUTER_RETRY_MS: "200", ROUTER_MAX_TRIES: "60" },
    });
    const answer = (response: { end: () => void }) => response.end();
    await using steady = await ScriptedServer.start(answer);
    await using flapping = await ScriptedServer.start(answer);
    const urls = [steady.url, flapping.url];
    await world.fleet.waitReady();
    const router = () => new RouterClient(world.fleet.instance("api-0").url);
    await router().live(tableOf(0, urls));
    const bus = new ServiceBusClient(world.fleet.serviceBus);
    const inbox = bus.createSender("router-inbox");
    const over = new AbortController();
    const { signal } = over;
    const changing = keepDoing(async (count) => {
      const version = await router().put(tableOf(count + 1, urls));
      await router().activate("default", version);
      await browserClock.delay(betweenTablesMs, signal).catch(() => undefined);
    }, signal);
    const flappingAround = keepDoing(async () => {
      await browserClock.delay(upMs, signal);
      await flapping.stop();
      await browserClock.delay(downMs, signal).catch(() => undefined);
      await flapping.listen();
    }, signal);
    const killing = keepDoing(async (count) => {
      await browserClock.delay(betweenKillsMs, signal);
      world.fleet.kill(instances[count % 2] ?? "", count % 4 < 2 ? "worker" : "host");
    }, signal);

    const startedMs = Date.now();
    const numbers = [...Array(messages).keys()];
    await Promise.all(
      [...Array(callers).keys()].map(async (caller) => {
        for (const n of numbers.filter((number) => number % callers === caller)) {
          if (caller % 2 === 0) await post(world, n, signal);
          else
            await inbox.sendMessages({
              body: bodyOf(n),
              messageId: `message-${n}`,
              contentType: "application/json",
              applicationProperties: { inbound: "events" },
            });
        }
      }),
    );
    const sentMs = Date.now() - startedMs;
    over.abort();
    const [changes, flaps, kills] = await Promise.all([changing, flappingAround, killing]);
    const known = numbers.filter((n) => bodyOf(n).kind === "known");
    const others = numbers.filter((n) => bodyOf(n).kind !== "known");
    await eventually(
      () => {
        for (const { asked } of [steady, flapping]) expect(taken(asked).size).toBe(known.length);
      },
      { withinMs: 300_000 },
    );
    await eventually(
      async () => expect(new Set(await unmatchedOf(world.fleet.serviceBus)).size).toBe(others.length),
      {
        withinMs: 60_000,
      },
    );
    expect([...new Set(await unmatchedOf(world.fleet.serviceBus))]).toEqual(others);
    const [ofSteady, ofFlapping] = [taken(steady.asked), taken(flapping.asked)];
    const twice: number[] = [];
    for (const n of known) {
      const versions = new Set([
        ...(ofSteady.get(n)?.versions ?? []),
        ...(ofFlapping.get(n)?.versions ?? []),
      ]);
      const branches = [ofSteady, ofFlapping].map((of) => of.get(n)?.branches.size);
      if (versions.size !== 1 || branches.some((count) => count !== 1)) twice.push(n);
    }
    expect(twice).toEqual([]);
    const repeated = steady.asked.length + flapping.asked.length - 2 * known.length;
    console.info(
      `${messages} messages in ${Math.round(sentMs / 1_000)} s, ${changes} tables, ${flaps} flaps, ${kills} kills: lost 0, ` +
        `by two versions 0, ${others.length} kept, calls repeated under one branch id ${repeated}`,
    );
    await bus.close();
  },
  withinMs,
);
