import { beforeEach, describe, expect, test } from "vitest";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Problem, type ProblemKind } from "../../../shared/kernel/problem.ts";
import type { Header } from "../../../shared/operation/header.ts";
import { requestLimits } from "../../../shared/operation/message.ts";
import { OperationRepository } from "../../../shared/operation/repository.ts";
import { maxOpenOperations, operationId, Submissions } from "../../../shared/operation/submit.ts";
import { member } from "./header-with.ts";
import { OperationWorld, submission } from "./operation-world.ts";

let world: OperationWorld;

beforeEach(() => {
  world = new OperationWorld();
});

async function problemOf(act: Promise<unknown>): Promise<[kind: ProblemKind, detail: string]> {
  const error: unknown = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Problem)) throw new Error(`Expected a problem, got ${String(error)}`);
  return [error.kind, error.message];
}

describe("the id of an operation", () => {
  test("is the same for the same role and key, and another for any other pair", () => {
    expect(operationId("web", "k")).toBe(operationId("web", "k"));
    const ids = [
      operationId("web", "k"),
      operationId("web", "k2"),
      operationId("api", "k"),
      operationId("webk", ""),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is 32 hexadecimal digits, whatever the key holds", () => {
    for (const key of ["", "/", "\u0000", "\ud800", "x".repeat(1_000)])
      expect(operationId("web", key)).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("a request", () => {
  test("begins an operation that waits, is on the list of open ones and in the history", async () => {
    const header = await world.submissions.begin(submission("web", "k"));
    expect(header).toMatchObject({ id: operationId("web", "k"), state: "waiting", step: 0, targets: [] });
    expect(await world.openList.list()).toEqual([header.id]);
    expect((await world.history.page(10)).ids).toEqual([header.id]);
  });

  test("that is repeated is the same operation, as far as it has come", async () => {
    const first = await world.submissions.begin(submission("web", "k"));
    const stored = await world.operations.header(first.id);
    await world.operations.swap({ ...first, state: "succeeded", step: 7 }, stored?.etag ?? "");
    const again = await world.submissions.begin(submission("web", "k"));
    expect(again).toMatchObject({ state: "succeeded", step: 7 });
    expect(world.events.filter((event) => event === "operation.accepted")).toHaveLength(1);
  });

  test("that is repeated with its fields in another order is still the same", async () => {
    await world.submissions.begin(submission("web", "k", { data: { a: 1, b: 2 }, tag: "t" }));
    await world.submissions.begin(submission("web", "k", { tag: "t", data: { b: 2, a: 1 } }));
    expect(await world.openList.list()).toHaveLength(1);
  });

  test.each([
    { tag: "other" },
    { maxUnavailable: 1 },
    { instances: ["web-0"] },
    { data: 0 },
    { deliveryTimeout: 61 },
  ])("with the same key and another body is refused: %o", async (body) => {
    await world.submissions.begin(submission("web", "k"));
    const [kind, detail] = await problemOf(world.submissions.begin(submission("web", "k", body)));
    expect(kind).toBe("key-reused");
    expect(detail).toBe('The key "k" was used before for role "web" with another body');
  });

  test("with the same key for another role is another operation", async () => {
    await world.submissions.begin(submission("web", "k"));
    await world.submissions.begin(submission("api", "k"));
    expect(await world.openList.list()).toHaveLength(2);
  });

  test("whose beginner died before the history was written is completed by its repeat", async () => {
    const { submissions, table } = world;
    await submissions.begin(submission("web", "k"));
    for (const row of table.rows("history"))
      await table.remove({ partitionKey: "history", rowKey: row.rowKey ?? "" }, row.etag);
    const header = await submissions.begin(submission("web", "k"));
    expect((await world.history.page(10)).ids).toEqual([header.id]);
  });

  test("whose beginner stood still until its row was taken for an orphan is on the list of open ones all the same", async () => {
    class Slow extends OperationRepository {
      override async insert(header: Header): Promise<void> {
        await world.openList.remove(header.id);
        await super.insert(header);
      }
    }
    const { openList, history, clock, log } = world;
    const submissions = new Submissions({
      operations: new Slow(world.table),
      openList,
      history,
      clock,
      log,
      faults: noFaultPoints,
      readFleet: async () => world.fleet,
    });
    const header = await submissions.begin(submission("web", "k"));
    expect(await openList.list()).toEqual([header.id]);
  });

  test("that is repeated after it has ended is not open again", async () => {
    const first = await world.submissions.begin(submission("web", "k"));
    const stored = await world.operations.header(first.id);
    await world.operations.swap({ ...first, state: "succeeded" }, stored?.etag ?? "");
    await world.openList.remove(first.id);
    await world.submissions.begin(submission("web", "k"));
    expect(await world.openList.list()).toEqual([]);
  });

  test("leaves nothing behind when it cannot be met", async () => {
    await problemOf(world.submissions.begin(submission("nobody", "k")));
    expect(world.table.rows()).toEqual([]);
  });
});

describe("when very many operations are open", () => {
  beforeEach(async () => {
    for (let number = 0; number < maxOpenOperations; number += 1) await world.openList.add(`open-${number}`);
  });

  test("another has to wait until some have ended", async () => {
    const [kind, detail] = await problemOf(world.submissions.begin(submission("web", "k")));
    expect(kind).toBe("unavailable");
    expect(detail).toContain("100 operations are open");
    await world.openList.remove("open-0");
    expect((await world.submissions.begin(submission("web", "k"))).state).toBe("waiting");
  });

  test("one that is open already is found all the same", async () => {
    await world.openList.remove("open-0");
    await world.submissions.begin(submission("web", "k"));
    expect((await world.submissions.begin(submission("web", "k"))).state).toBe("waiting");
  });
});

describe("a plan", () => {
  const planned = async (role: string, body?: object): Promise<string[]> =>
    (await world.submissions.plan(submission(role, "k", body))).targets.map(({ id }) => id);

  test("is for all instances of the role", async () => {
    expect(await planned("web")).toEqual(["web-0", "web-1"]);
  });

  test("is for some instances of it", async () => {
    expect(await planned("web", { instances: ["web-1"] })).toEqual(["web-1"]);
  });

  test("is for every role, or for several", async () => {
    expect(await planned("*")).toEqual(["web-0", "web-1", "api-0"]);
    expect(await planned("*", { roles: ["api", "web", "api"] })).toEqual(["web-0", "web-1", "api-0"]);
    expect(await planned("*", { roles: ["api"] })).toEqual(["api-0"]);
  });

  test("names the roles in name order, each once", async () => {
    const { request } = await world.submissions.plan(submission("*", "k", { roles: ["web", "api", "web"] }));
    expect(request.roles).toEqual(["api", "web"]);
  });

  test.each<[string, object, ProblemKind, string]>([
    ["db", {}, "unknown-role", "No instance has ever registered in role db; known roles: web, api"],
    [
      "*",
      { roles: ["web", "db"] },
      "unknown-role",
      "No instance has ever registered in role db; known roles: web, api",
    ],
    ["web", { instances: ["web-0", "web-7"] }, "unknown-instance", "No such instance in web: web-7"],
    ["web", { instances: ["api-0"] }, "unknown-instance", "No such instance in web: api-0"],
    [
      "web",
      { roles: ["web"] },
      "invalid-request",
      'The role is "web", so `roles` must be absent; to name several, ask for the role "*"',
    ],
  ])("for %s with %o is refused", async (role, body, kind, detail) => {
    expect(await problemOf(world.submissions.plan(submission(role, "k", body)))).toEqual([kind, detail]);
  });

  test("for a fleet that is not there says so", async () => {
    world.fleet = [];
    const [, detail] = await problemOf(world.submissions.plan(submission("web", "k")));
    expect(detail).toBe("No instance has ever registered in role web; known roles: none");
  });

  test("for more instances than one operation can hold is refused", async () => {
    world.fleet = Array.from({ length: requestLimits.maxInstances + 1 }, (_, number) =>
      member(`web-${number}`),
    );
    const [kind, detail] = await problemOf(world.submissions.plan(submission("web", "k")));
    expect(kind).toBe("invalid-request");
    expect(detail).toContain("may be for at most 500: name fewer roles or instances");
  });
});
