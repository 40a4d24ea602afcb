import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entities } from "../../shared/bus/topology.ts";
import { carriedWith, targetWith } from "../support/branch-with.ts";
import { BranchWorld, onceAt } from "../support/branch-world.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { ScriptedServer } from "../support/scripted-server.ts";

const maxTries = 10;
const maxFailures = 3;
const firstOpenMs = 100;

/** The time that circuits go by: it moves when a test says so. */
const clock = new ManualClock();

let world: BranchWorld;

beforeAll(async () => {
  world = await BranchWorld.start({
    maxTries,
    retryMs: 15,
    endpoints: { clock, circuits: { maxFailures, firstOpenMs, maxOpenMs: firstOpenMs } },
  });
});

afterAll(() => world[Symbol.asyncDispose]());

const told = (event: string) => world.lines.filter((line) => line["event"] === event);

describe("an endpoint that is down", () => {
  test("is left alone, and gets each message once it is up", async () => {
    let isUp = false;
    const service = await ScriptedServer.start((response) => response.writeHead(isUp ? 202 : 503).end());
    const branches = Array.from({ length: 12 }, () =>
      carriedWith(
        { id: world.nextId(), targets: [targetWith(service.url)] },
        { pass: { logicalId: world.nextId() } },
      ),
    );
    await Promise.all(branches.map((branch) => world.put(branch)));
    await eventually(() => {
      expect(told("circuit.opened")).toHaveLength(1);
      // Every message has come, and most were not even tried.
      expect(new Set(world.deliveries.map(({ branchId }) => branchId)).size).toBe(12);
    });
    const opened = service.asked.length;
    // What was let through before the circuit opened, by four receivers side by side.
    expect(opened).toBeLessThanOrEqual(maxFailures + 3);
    isUp = true;
    await clock.advance(firstOpenMs);
    await eventually(async () => {
      for (const branch of branches)
        expect(await world.rowOf(branch)).toMatchObject({ state: "delivered", takenBy: "service" });
      expect(await world.isQuiet()).toBe(true);
    });
    expect(told("circuit.closed")).toHaveLength(1);
    const delivered = service.asked.slice(opened).map(({ headers }) => headers["interrole-branch-id"]);
    for (const { branch } of branches) expect(delivered.filter((id) => id === branch.id)).toHaveLength(1);
    expect(await world.on(entities.rejected)).toEqual([]);
    await service.stop();
  });
});

describe("a duplex endpoint", () => {
  test.each(["branch-endpoint-called", "branch-outcome-written"] as const)(
    "answers under one id although a process dies at %s",
    async (point) => {
      const service = await ScriptedServer.start((response) => response.end("answered"));
      const died = onceAt(point);
      world.dies = died;
      const sessionId = world.nextId();
      const branch = carriedWith(
        { id: world.nextId(), targets: [targetWith(service.url, { exchange: "duplex" })] },
        {
          pass: {
            logicalId: world.nextId(),
            reply: { kind: "queue", sessionId, correlationId: "question-1" },
          },
        },
      );
      await world.put(branch);
      await eventually(async () => {
        expect(await world.rowOf(branch)).toMatchObject({ state: "delivered" });
        expect(await world.isQuiet()).toBe(true);
      });
      expect(died.count).toBe(1);
      const answers = (await world.on(entities.replies)).filter((one) => one.sessionId === sessionId);
      expect(answers.length).toBeGreaterThanOrEqual(1);
      for (const { messageId, correlationId, body } of answers) {
        expect(messageId).toBe(`${branch.branch.id}:reply`);
        expect(correlationId).toBe("question-1");
        expect(String(body)).toBe("answered");
      }
      world.dies = () => false;
      await service.stop();
    },
  );
});
