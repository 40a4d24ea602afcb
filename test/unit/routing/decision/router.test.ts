import { describe, expect, test } from "vitest";
import { viewMessage } from "../../../../shared/routing/decision/view.ts";
import { routingLimits as limits } from "../../../../shared/routing/limits.ts";
import type { Outcome } from "../../../../shared/routing/endpoint/ports.ts";
import type { FaultPoint } from "../../../../shared/kernel/fault-points.ts";
import { goingTo } from "../../../support/switched-tables.ts";
import { routedWith } from "./routed-with.ts";
import { answer, asking, httpTo, routerWith } from "./router-with.ts";

describe("a one-way message over HTTP", () => {
  test("is one message for each branch, under the id of its copy, and is counted once", async () => {
    const { router, tables, sent, recorded } = routerWith();
    const { version } = tables.serve(asking);
    const key = { "idempotency-key": "k" };
    const [first, again] = [
      await router.post(httpTo("events", "x", key)),
      await router.post(httpTo("events", "x", key)),
    ];
    expect(first).toMatchObject({ kind: "sent", decision: { version } });
    expect(again).toEqual(first);
    const [branch] = first.decision.branches;
    expect(sent.map(({ entity, message }) => [entity, message.messageId, String(message.body)])).toEqual([
      ["router-outbox", `${branch!.id}:1`, "x"],
      ["router-outbox", `${branch!.id}:1`, "x"],
    ]);
    expect(tables.counted).toEqual([`${version} events`]);
    expect(recorded).toHaveLength(1);
  });

  test("that two instances hold at once, each with another table, is sent by one of these tables", async () => {
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const faults = { reach: (point: FaultPoint) => (point === "route-matched" ? held : Promise.resolve()) };
    const slow = routerWith({ faults });
    const quick = routerWith({ messages: slow.messages });
    slow.tables.serve(goingTo("a", "b"));
    quick.tables.serve(goingTo("never"));
    const second = quick.tables.serve(goingTo("c"));
    const request = () => httpTo("events", "x", { "idempotency-key": "k" });
    const late = slow.router.post(request());
    await quick.router.post(request());
    goOn();
    expect(await late).toMatchObject({ kind: "sent", decision: { version: second.version } });
    const ids = [...slow.sent, ...quick.sent].map(({ message }) => message.messageId);
    expect(new Set(ids).size).toBe(1);
  });

  test("with an ordering key goes to the ordered outbox, in a session of its key and endpoint", async () => {
    const { router, tables, sent } = routerWith();
    tables.serve(asking);
    for (const key of ["a", "a", "b"]) await router.post(httpTo("events", key, { "ordering-key": key }));
    expect(sent.map(({ entity }) => entity)).toEqual(Array(3).fill("router-outbox-ordered"));
    const [one, two, three] = sent.map(({ message }) => message.sessionId);
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect([two === one, three === one]).toEqual([true, false]);
  });

  test("that is larger than a queue takes is refused before anything is decided", async () => {
    const { router, tables, messages } = routerWith();
    tables.serve(asking);
    const large = "x".repeat(limits.maxQueuedBodyBytes + 1);
    await expect(router.post(httpTo("events", large))).rejects.toMatchObject({ kind: "payload-too-large" });
    expect(await router.post(httpTo("ask", large))).toMatchObject({ kind: "answered" });
    expect(messages.rows()).toHaveLength(2);
  });

  test("whose headers a queue would not take is refused before anything is decided", async () => {
    const { router, tables, messages } = routerWith();
    tables.serve(asking);
    const headers = { quotes: '"'.repeat(16_000) };
    await expect(router.post(httpTo("events", "", headers))).rejects.toMatchObject({
      kind: "payload-too-large",
    });
    expect(messages.rows()).toEqual([]);
  });
});

describe("a request", () => {
  test("is decided, then called for, then answered, and its trace says so", async () => {
    const { router, tables, messages, calls, rowsAtCall, sent } = routerWith();
    const { version } = tables.serve(asking);
    const routed = await router.post(httpTo("ask", "?"));
    expect(rowsAtCall).toEqual([["decision"]]);
    expect(routed).toMatchObject({ kind: "answered", answer });
    expect(calls).toMatchObject([
      { version, branch: { endpoint: "answer" }, message: { pass: { inbound: "ask" } } },
    ]);
    expect(sent).toEqual([]);
    expect(await viewMessage(messages, routed.decision.id)).toMatchObject({
      messageId: routed.decision.id,
      version,
      exchange: "request-reply",
      outcome: "matched",
      matched: [{ endpoint: "answer", entries: [{ entry: 0, filter: "all" }] }],
      branches: [{ endpoint: "answer", state: "delivered", tries: 1, takenBy: "answer", status: 201 }],
    });
  });

  test("that is repeated under its key goes the way that it went, whatever the table says", async () => {
    const { router, tables, calls } = routerWith();
    const first = tables.serve(asking);
    const key = { "idempotency-key": "k" };
    await router.post(httpTo("ask", "?", key));
    tables.serve({
      ...asking,
      endpoints: {
        ...asking.endpoints,
        answer: { address: "http://127.0.0.1:10/", exchange: "request-reply" },
      },
    });
    await router.post(httpTo("ask", "?", key));
    const went = calls.map((call) => `${call.version} ${call.branch.targets[0]!.address}`);
    expect(went).toEqual(Array(2).fill(`${first.version} http://127.0.0.1:9/`));
  });

  test("that no rule matched is decided anew when it is repeated: nothing was done for it", async () => {
    const { router, tables } = routerWith();
    const key = { "idempotency-key": "k" };
    tables.serve({ ...asking, entries: asking.entries.slice(1) });
    await expect(router.post(httpTo("ask", "?", key))).rejects.toMatchObject({ kind: "no-match" });
    tables.serve(asking);
    expect(await router.post(httpTo("ask", "?", key))).toMatchObject({ kind: "answered" });
  });

  test("has its answer although the outcome cannot be written down", async () => {
    const { router, tables, messages, events } = routerWith();
    tables.serve(asking);
    const insert = messages.insert.bind(messages);
    messages.insert = async (row) => {
      if (row.rowKey !== "decision") throw new Error("the table is away");
      return await insert(row);
    };
    expect(await router.post(httpTo("ask"))).toMatchObject({ kind: "answered" });
    expect(events()).toContainEqual(expect.objectContaining({ event: "router.unrecorded" }));
  });

  const attempt = { endpoint: "answer", error: "refused", tookMs: 1 };
  const failed = { kind: "failed" as const, isFinal: false, answer: undefined, attempts: [attempt] };
  const unreadable: Outcome = { kind: "taken", endpoint: "answer", answer: undefined, attempts: [] };
  test.each<[string, Outcome, object]>([
    [
      "502 when no service took it",
      { ...failed, attempts: [attempt] },
      { kind: "endpoint-failed", message: expect.stringContaining("answer: refused") },
    ],
    [
      "504 when none answered in time",
      { ...failed, attempts: [{ ...attempt, isTimeout: true }] },
      { kind: "endpoint-timeout" },
    ],
    [
      "502 when only some were too late",
      { ...failed, attempts: [{ ...attempt, isTimeout: true }, attempt] },
      { kind: "endpoint-failed" },
    ],
    [
      "503 while every circuit is open",
      { kind: "skipped", afterMs: 2_500, attempts: [] },
      { kind: "unavailable", retryAfterSeconds: 3 },
    ],
    ["502 when its answer was too large", unreadable, { kind: "endpoint-failed" }],
  ])("is %s", async (_what, outcome, problem) => {
    const { router, tables, messages } = routerWith({ outcome });
    tables.serve(asking);
    await expect(router.post(httpTo("ask"))).rejects.toMatchObject(problem);
    const state = outcome.kind === "taken" ? "delivered" : "failed";
    expect(messages.rows().map((row) => row["state"])).toEqual([state, undefined]);
  });

  test("gets what the last service said, when that was no success", async () => {
    const outcome: Outcome = { ...failed, attempts: [attempt], answer: { ...answer, status: 422 } };
    const { router, tables } = routerWith({ outcome });
    tables.serve(asking);
    expect(await router.post(httpTo("ask"))).toMatchObject({ kind: "answered", answer: { status: 422 } });
  });
});

describe("a branch that enters another inbound endpoint", () => {
  const entry = (inbound: string, pass = {}) => ({
    table: "default",
    inbound,
    suppliedId: "branch-1",
    message: routedWith({ logicalId: "f".repeat(32), hop: 1, ...pass }, "x"),
    withinMs: 1_000,
  });

  test("is a message of its own there, the same each time, with its own id", async () => {
    const { router, tables, sent } = routerWith();
    tables.serve(asking);
    for (let time = 0; time < 2; time += 1) await router.submit(entry("events", { orderingKey: "o" }));
    await router.submit(entry("events"));
    const [first, again, unordered] = sent;
    expect(first).toMatchObject({ entity: "router-inbox-ordered", message: { sessionId: "o" } });
    expect(again).toEqual(first);
    expect(unordered).toMatchObject({ entity: "router-inbox" });
    expect(first!.message.messageId).not.toContain("f".repeat(32));
    expect(String(first!.message.applicationProperties!["interrole"])).toContain('"hop":1');
  });

  test("is answered here when it is a request, within the time that is left", async () => {
    const { router, tables, calls } = routerWith();
    tables.serve(asking);
    expect(await router.request(entry("ask"))).toEqual(answer);
    expect(calls).toMatchObject([{ withinMs: 1_000 }]);
    await expect(router.request(entry("events"))).rejects.toMatchObject({ kind: "invalid-request" });
  });

  test("ends where it has been through too many routers", async () => {
    const { router, tables } = routerWith();
    tables.serve(asking);
    const tooFar = entry("ask", { hop: limits.maxHops + 1 });
    await expect(router.request(tooFar)).rejects.toMatchObject({ kind: "too-many-hops" });
    await expect(router.submit(tooFar)).rejects.toMatchObject({ kind: "too-many-hops" });
  });
});

test("a message that is not there is told as such, whatever its id looks like", async () => {
  const { messages } = routerWith();
  for (const id of ["0".repeat(32), "a/b", "", "x".repeat(1_000)])
    await expect(viewMessage(messages, id)).rejects.toMatchObject({ kind: "unknown-message" });
});
