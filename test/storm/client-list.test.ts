import { expect, test } from "vitest";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { browserClock } from "../../client/browser-clock.ts";
import { connect, InterroleProblem, type Session } from "../../client/index.ts";
import { eventually } from "../support/eventually.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

/** `STORM_SESSIONS=1000 npm run storm -- test/storm/client-list.test.ts` for all of it. */
const sessions = Number(process.env["STORM_SESSIONS"] ?? 300);
const instances = ["web-0", "web-1", "web-2"];
const rounds = 3;
/** Of so many sessions one leaves in a round, and another comes. */
const oneOf = 5;
const heartbeatMs = 1_000;
const graceMs = 60_000;
/** How long a request is repeated while nobody answers. */
const patienceMs = 180_000;
/** How many register at once. */
const atOnce = 25;

const listSchema = z.object({
  sessions: z.array(
    z.object({ sessionId: z.string(), instanceId: z.string(), version: z.number(), state: z.string() }),
  ),
  continuationToken: z.string().optional(),
});

/** A connected client: a session, and a loop that takes its events. */
interface Client {
  session: Session;
  stop: () => Promise<void>;
  left: Set<string>;
  /** Why it has ended, if it has: its client did not come back within the grace time. */
  ended: () => string | undefined;
}

/** The open sessions as one instance lists them, a line each, in order. */
async function listOf(fleet: RecycleFleet, instance: string): Promise<string[]> {
  const lines: string[] = [];
  for (let token = ""; ;) {
    const path = `/sessions?pageSize=1000&continuationToken=${encodeURIComponent(token)}`;
    const answer = await fleet.api(instance).get(path);
    const page = listSchema.parse(await answer.json());
    lines.push(
      ...page.sessions.map((s) => `${s.sessionId} on ${s.instanceId}, version ${s.version}, ${s.state}`),
    );
    if (!page.continuationToken) return lines.sort();
    token = page.continuationToken;
  }
}

/** Without an instance the session goes to one that is ready. */
async function join(fleet: RecycleFleet, index: number, at: { instance?: string } = {}): Promise<Client> {
  const url = fleet.world.fleet.instance("api-0").url;
  const over = new AbortController();
  // Asked again while none is ready: a thousand streams keep the machine busy.
  const session = await eventually(() => connect({ url, userName: `user-${index}`, ...at }), {
    withinMs: patienceMs,
  });
  const left = new Set<string>();
  let ended: string | undefined;
  const taking = (async () => {
    for await (const event of session.events({ signal: over.signal })) {
      if (event.event === "left") left.add(event.data.sessionId);
      if (event.event === "closed") ended = event.data.reason;
    }
  })().catch((error: unknown) => {
    if (error instanceof InterroleProblem) ended = error.message;
    else if (!over.signal.aborted) throw error;
  });
  const stop = async () => {
    over.abort();
    await taking;
  };
  return { session, stop, left, ended: () => ended };
}

/** Does it for all, a bounded number at a time. */
async function inTurn<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += atOnce)
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(act))));
  return results;
}

const blows: ((fleet: RecycleFleet) => Promise<void>)[] = [
  async ({ world }) => void world.fleet.kill("web-0", "worker"),
  async (fleet) => void (await fleet.api().begin("web", { maxUnavailable: 1 }, randomUUID())),
  async ({ world }) => void world.fleet.kill("web-1", "host"),
];

test("the client lists of all instances are equal after any storm of joins, leaves, kills and recycles", async () => {
  await using fleet = await RecycleFleet.start({
    instances: "web=3,api-0",
    settings: { HEARTBEAT_MS: String(heartbeatMs), SESSION_GRACE_MS: String(graceMs) },
  });
  const startedMs = Date.now();
  let clients = await inTurn([...Array(sessions).keys()], (index) =>
    join(fleet, index, { instance: instances[index % instances.length] ?? "" }),
  );
  const joinedMs = Date.now() - startedMs;
  const gone = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const leaving = clients.filter((_, index) => index % oneOf === round);
    const striking = blows[round % blows.length]?.(fleet);
    const [joined] = await Promise.all([
      inTurn([...leaving.keys()], (place) => join(fleet, sessions + round * sessions + place)),
      inTurn(leaving, async ({ session, stop }) => {
        await eventually(() => session.leave(), { withinMs: patienceMs });
        gone.add(session.id);
        await stop();
      }),
      striking,
    ]);
    clients = [...clients.filter((client) => !leaving.includes(client)), ...joined];
    await browserClock.delay(heartbeatMs);
    await fleet.ready();
  }
  await eventually(async () => expect(await openOperations(fleet)).toBe(0), { withinMs: 120_000 });
  await fleet.ready();
  const readyMs = Date.now();
  const wantedNow = () =>
    clients.flatMap(({ session, ended }) => (ended() === undefined ? [session.id] : [])).sort();
  await eventually(
    async () => {
      const lists = await Promise.all([...instances, "api-0"].map((instance) => listOf(fleet, instance)));
      for (const list of lists) expect(list).toEqual(lists[0]);
      expect(lists[0]?.map((line) => line.split(" ")[0])).toEqual(wantedNow());
    },
    { withinMs: 300_000 },
  );
  const equalMs = Date.now() - readyMs;
  // Nobody was told that a session had left which only moved.
  const living = new Set(wantedNow());
  expect(clients.flatMap(({ left }) => [...left].filter((id) => living.has(id)))).toEqual([]);
  console.info(
    `${sessions} sessions joined in ${joinedMs} ms, ${gone.size} left and as many came through ${rounds} blows; ${clients.length - living.size} did not come back in time; equal after ${equalMs} ms`,
  );
  await Promise.all(clients.map(({ stop }) => stop()));
}, 900_000);

async function openOperations(fleet: RecycleFleet): Promise<number> {
  return (await fleet.openRows()).length;
}
