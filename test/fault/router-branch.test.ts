import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { entities } from "../../shared/bus/topology.ts";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import type { CarriedBranch } from "../../shared/routing/carrier.ts";
import type { Pass, Target } from "../../shared/routing/routed-message.ts";
import { carriedWith, targetWith } from "../support/branch-with.ts";
import { BranchWorld, onceAt, type Delivery, type Dies } from "../support/branch-world.ts";
import { eventually } from "../support/eventually.ts";
import { ScriptedServer, type Asked } from "../support/scripted-server.ts";

const maxTries = 4;
const neverOpen = { maxFailures: Number.POSITIVE_INFINITY, firstOpenMs: 0, maxOpenMs: 0 };

let world: BranchWorld;
let service: ScriptedServer;
let spare: ScriptedServer;
/** What the service does with the message of a branch; it takes all others. */
const scripts = new Map<string, (times: number) => number | "hangs">();

beforeAll(async () => {
  // Circuits are for the last group: elsewhere tries are counted.
  world = await BranchWorld.start({ maxTries, retryMs: 15, endpoints: { circuits: neverOpen } });
  service = await ScriptedServer.start((response, asked) => {
    const status = scripts.get(idOf(asked))?.(callsOf(service, idOf(asked)).length) ?? 202;
    if (status !== "hangs") response.writeHead(status).end();
  });
  spare = await ScriptedServer.start((response) => response.writeHead(202).end());
});

afterEach(() => {
  world.dies = () => false;
  scripts.clear();
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await service.stop();
  await spare.stop();
});

const idOf = ({ headers }: Asked) => String(headers["interrole-branch-id"]);
const callsOf = (server: ScriptedServer, id: string) => server.asked.filter((asked) => idOf(asked) === id);
const toService = (changes: Partial<Target> = {}) => targetWith(service.url, changes);
const toSpare = () => targetWith(spare.url, { name: "spare" });

/** Puts the branches of one message on the outbox. */
async function put(
  targets: Target[][],
  { pass = {}, body = "hello" }: { pass?: Partial<Pass>; body?: string } = {},
): Promise<CarriedBranch[]> {
  const logicalId = world.nextId();
  const branches = targets.map((of, index) =>
    carriedWith(
      { id: world.nextId(), index, endpoint: of[0]?.name ?? "", targets: of },
      { pass: { logicalId, ...pass }, body },
    ),
  );
  for (const branch of branches) await world.put(branch);
  return branches;
}

async function putOne(targets: Target[], options: { pass?: Partial<Pass>; body?: string } = {}) {
  const [branch] = await put([targets], options);
  if (!branch) throw new Error("There is no branch");
  return branch;
}

const settled = (branch: CarriedBranch, state: "delivered" | "failed") =>
  eventually(async () => {
    const row = await world.rowOf(branch);
    expect(row?.state).toBe(state);
    expect(await world.isQuiet()).toBe(true);
    return row;
  });

/** Ends each process that handles a copy for the first time, at this point; tells how many it has ended. */
function firstOfEach(point: FaultPoint): Dies & { count: number } {
  const dies = Object.assign(
    (reached: FaultPoint, { deliveryCount }: Delivery): boolean => {
      const isEnd = reached === point && deliveryCount === 1;
      if (isEnd) dies.count += 1;
      return isEnd;
    },
    { count: 0 },
  );
  return dies;
}

const rejectedOf = async ({ branch }: CarriedBranch) =>
  (await world.on(entities.rejected)).filter(({ messageId }) => messageId === `${branch.id}:failed`);

describe("a process that dies while it delivers", () => {
  const points: FaultPoint[] = [
    "branch-received",
    "branch-checked",
    "branch-claimed",
    "branch-endpoint-called",
    "branch-outcome-written",
    "branch-completed",
  ];

  test.each(points)("at %s, leaves a branch that is delivered once after dedupe", async (point) => {
    const dies = onceAt(point);
    world.dies = dies;
    const branch = await putOne([toService()]);
    const row = await settled(branch, "delivered");
    expect(dies.count).toBe(1);
    expect(row).toMatchObject({ takenBy: "service", status: 202 });
    const calls = callsOf(service, branch.branch.id);
    // Called and not written down is the one place where the service must dedupe.
    expect(calls).toHaveLength(point === "branch-endpoint-called" ? 2 : 1);
    expect(new Set(calls.map(({ headers }) => headers["idempotency-key"]))).toEqual(
      new Set([branch.branch.id]),
    );
    expect(await rejectedOf(branch)).toEqual([]);
  });

  const retrying: FaultPoint[] = [...points, "branch-copy-sent"];

  test.each(retrying)(
    "at %s of each copy, leaves a branch that is delivered when the service is up",
    async (point) => {
      const dies = firstOfEach(point);
      world.dies = dies;
      const branch = await putOne([toService()]);
      // Up again for the third try.
      scripts.set(branch.branch.id, () =>
        world.deliveriesOf(branch).some(({ number }) => number >= 3) ? 202 : 503,
      );
      expect(await settled(branch, "delivered")).toMatchObject({ copyNumber: 3, tries: 3 });
      expect(dies.count).toBeGreaterThan(0);
      expect(await rejectedOf(branch)).toEqual([]);
    },
  );

  test.each(retrying)("at %s of each copy, makes no more live copies than tries", async (point) => {
    const dies = firstOfEach(point);
    world.dies = dies;
    const branch = await putOne([toService()]);
    scripts.set(branch.branch.id, () => 503);
    const row = await settled(branch, "failed");
    expect(dies.count).toBeGreaterThan(0);
    expect(row).toMatchObject({ copyNumber: maxTries, tries: maxTries });
    const numbers = new Set(world.deliveriesOf(branch).map(({ number }) => number));
    expect(numbers).toEqual(new Set([1, 2, 3, 4]));
    // Each try is made at most twice, once for each delivery of its copy.
    expect(callsOf(service, branch.branch.id).length).toBeLessThanOrEqual(2 * maxTries);
    // A copy that was sent twice lives once: all further copies are of one of the two.
    const messages = new Set(world.deliveriesOf(branch).map(({ messageId }) => messageId));
    expect(messages.size).toBeLessThanOrEqual(1 + 2 * (maxTries - 1));
    const kept = await rejectedOf(branch);
    expect(kept.length).toBeGreaterThanOrEqual(1);
    expect(String(kept[0]?.body)).toBe("hello");
  });
});

describe("a branch", () => {
  test("that is delivered is not repeated because another of its message fails", async () => {
    const [good, bad] = await put([[toService({ name: "good" })], [toService({ name: "bad" })]]);
    if (!good || !bad) throw new Error("There are no branches");
    scripts.set(bad.branch.id, () => 500);
    await settled(bad, "failed");
    expect(await world.rowOf(good)).toMatchObject({ state: "delivered", takenBy: "good" });
    expect(callsOf(service, good.branch.id)).toHaveLength(1);
    expect(callsOf(service, bad.branch.id)).toHaveLength(maxTries);
    const [kept] = await rejectedOf(bad);
    expect(kept?.applicationProperties).toMatchObject({
      reason: "endpoint-failed",
      endpoint: "bad",
      tries: 4,
    });
  });

  test("that is refused as wrong is not tried again, nor at a backup", async () => {
    const branch = await putOne([toService(), toSpare()]);
    scripts.set(branch.branch.id, () => 422);
    expect(await settled(branch, "failed")).toMatchObject({ tries: 1, attempts: [{ status: 422 }] });
    expect(callsOf(spare, branch.branch.id)).toEqual([]);
    expect(await rejectedOf(branch)).toHaveLength(1);
  });

  const failures: [string, () => Promise<Target>, (() => number | "hangs") | undefined][] = [
    ["answers 500", async () => toService(), () => 500],
    ["does not answer in time", async () => toService({ timeoutMs: 60 }), () => "hangs"],
    [
      "refuses the connection",
      async () => {
        const gone = await ScriptedServer.start(() => undefined);
        await gone.stop();
        return targetWith(gone.url);
      },
      undefined,
    ],
  ];

  test.each(failures)(
    "whose endpoint %s goes to its backup in the same try",
    async (_how, target, script) => {
      const branch = carriedWith(
        { id: world.nextId(), targets: [await target(), toSpare()] },
        { pass: { logicalId: world.nextId() } },
      );
      if (script) scripts.set(branch.branch.id, script);
      await world.put(branch);
      expect(await settled(branch, "delivered")).toMatchObject({ takenBy: "spare", copyNumber: 1, tries: 1 });
      expect(callsOf(spare, branch.branch.id)).toHaveLength(1);
    },
  );

  test("to a queue is there with its id, its headers and its body as it came", async () => {
    const branch = await putOne([targetWith("queue:work", { name: "queue" })], {
      pass: { headers: { "x-topic": "a/b" } },
      body: "as it came",
    });
    await settled(branch, "delivered");
    const message = (await world.on("work")).find(({ messageId }) => messageId === branch.branch.id);
    expect(String(message?.body)).toBe("as it came");
    expect(message?.applicationProperties).toMatchObject({
      "x-topic": "a/b",
      "Interrole-Branch-Id": branch.branch.id,
      "Interrole-Table-Version": "default@7",
    });
  });
});

describe("a copy", () => {
  test("that is sent again by hand when its branch has failed delivers it", async () => {
    const branch = await putOne([toService()]);
    scripts.set(branch.branch.id, () => 422);
    const failed = await settled(branch, "failed");
    scripts.clear();
    await world.put({ ...branch, copy: { number: (failed?.copyNumber ?? 0) + 1, nonce: "again", tries: 0 } });
    expect(await settled(branch, "delivered")).toMatchObject({ copyNonce: "again", takenBy: "service" });
  });

  test("of a branch that is delivered is completed unused", async () => {
    const branch = await putOne([toService()]);
    await settled(branch, "delivered");
    await world.put({ ...branch, copy: { number: 2, nonce: "late", tries: 1 } });
    await eventually(async () => expect(world.deliveriesOf(branch)).toHaveLength(2));
    await eventually(() => world.isQuiet());
    expect(callsOf(service, branch.branch.id)).toHaveLength(1);
  });
});

describe("messages in order", () => {
  test.each(["nowhere", "branch-claimed", "branch-endpoint-called", "branch-outcome-written"] as const)(
    "stay so through a service that fails, also when a process dies at %s",
    async (point) => {
      if (point !== "nowhere") world.dies = firstOfEach(point);
      const orderingKey = `key-${world.nextId()}`;
      const branches: CarriedBranch[] = [];
      for (let index = 0; index < 5; index += 1) {
        const branch = await putOne([toService()], { pass: { orderingKey }, body: String(index) });
        branches.push(branch);
        if (index === 1 || index === 3) scripts.set(branch.branch.id, (times) => (times < 3 ? 503 : 202));
      }
      for (const branch of branches) await settled(branch, "delivered");
      const ids = new Set(branches.map(({ branch }) => branch.id));
      const bodies = service.asked.filter((asked) => ids.has(idOf(asked))).map(({ body }) => Number(body));
      expect(bodies).toEqual(bodies.toSorted((a, b) => a - b));
      expect([...new Set(bodies)]).toEqual([0, 1, 2, 3, 4]);
      // No copy was made: each came under its first MessageId alone.
      const messages = new Set(
        branches.flatMap((branch) => world.deliveriesOf(branch)).map((one) => one.messageId),
      );
      expect(messages.size).toBe(5);
    },
  );

  test("go on behind one that has failed for good", async () => {
    const orderingKey = `key-${world.nextId()}`;
    const bad = await putOne([toService()], { pass: { orderingKey } });
    scripts.set(bad.branch.id, () => 400);
    const next = await putOne([toService()], { pass: { orderingKey } });
    await settled(next, "delivered");
    expect(await world.rowOf(bad)).toMatchObject({ state: "failed" });
    expect(await rejectedOf(bad)).toHaveLength(1);
  });
});
