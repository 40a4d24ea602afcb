import { beforeEach, describe, expect, test } from "vitest";
import { Problem } from "../../../../shared/kernel/problem.ts";
import { branchLimits } from "../../../../shared/routing/branch/limits.ts";
import type { CarriedBranch } from "../../../../shared/routing/carrier.ts";
import type { Reply } from "../../../../shared/routing/routed-message.ts";
import { carriedWith, targetWith } from "../../../support/branch-with.ts";
import { BranchesWith, failed, incomingOf, skipped, taken } from "../../../support/branches-with.ts";
import { incomingWith } from "../../bus/incoming-with.ts";

let made: BranchesWith;

beforeEach(() => {
  made = new BranchesWith();
});

const carried = carriedWith({ targets: [targetWith("http://service/")] });
const deliver = (copy: CarriedBranch) => made.branches.deliver(incomingOf(copy));

describe("a copy", () => {
  test("that its endpoint takes ends the branch with two writes and no read", async () => {
    const { table } = made;
    table.read = () => Promise.reject(new Error("it was read"));
    await deliver(carried);
    expect(table.writes).toBe(2);
    expect(made.stateOf(carried)).toMatchObject({
      state: "delivered",
      takenBy: "service",
      status: 200,
      tries: 1,
    });
    expect(made.sent).toEqual([]);
  });

  test("that is refused for now sends the next one, later each time, and then the message to rejected", async () => {
    made.outcomes = [failed()];
    await deliver(carried);
    const [second] = made.copies();
    expect(second?.copy).toEqual({ number: 2, nonce: expect.stringMatching(/^[0-9a-f]{12}$/), tries: 1 });
    expect(made.stateOf(carried)).toMatchObject({ state: "open", copyNumber: 1, tries: 1 });
    await deliver(second!);
    await deliver(made.copies()[1]!);
    const [firstMs = 0, secondMs = 0] = made.sentTo("router-outbox").map(({ delayMs }) => delayMs);
    expect([firstMs > 750, firstMs < 1_250, secondMs > 1_550, secondMs < 2_450]).not.toContain(false);
    expect(made.copies()).toHaveLength(2);
    expect(made.stateOf(carried)).toMatchObject({ state: "failed", tries: 3, copyNumber: 3 });
    expect(made.sentTo("rejected")).toMatchObject([
      {
        body: Buffer.from("hello"),
        properties: {
          messageId: `${carried.branch.id}:failed`,
          applicationProperties: {
            source: "router-outbox",
            reason: "endpoint-failed",
            detail: "try 3 of 3: service: answered 503",
          },
        },
      },
    ]);
  });

  test("of another nonce, or of a lower number, than the live one is not used", async () => {
    made.outcomes = [failed()];
    await deliver(carried);
    await deliver(made.copies()[0]!);
    expect(made.calls).toHaveLength(2);
    await deliver({ ...carried, copy: { number: 2, nonce: "another", tries: 1 } });
    await deliver(carried);
    expect(made.calls).toHaveLength(2);
    expect(made.copies()).toHaveLength(2);
  });

  test("that comes again when it has given up is told of again, and calls nobody", async () => {
    made.outcomes = [failed(true)];
    await deliver(carried);
    await deliver(carried);
    expect(made.calls).toHaveLength(1);
    expect(made.sentTo("rejected").map(({ properties }) => properties.messageId)).toEqual(
      Array.from({ length: 2 }, () => `${carried.branch.id}:failed`),
    );
  });

  test("that is taken although another copy is live by now ends the branch for all", async () => {
    const slow = new BranchesWith({
      endpoints: {
        callTargets: async () => {
          await made.branches.deliver(incomingOf({ ...carried, copy: { number: 2, nonce: "n", tries: 1 } }));
          return taken();
        },
      },
      table: made.table,
    });
    made.outcomes = [failed()];
    await slow.branches.deliver(incomingOf(carried));
    expect(made.stateOf(carried)).toMatchObject({ state: "delivered", copyNumber: 2 });
    await deliver(made.copies()[0]!);
    expect(made.calls).toHaveLength(1);
  });

  test("that fails for good although another copy is live by now leaves the branch to that one", async () => {
    const slow = new BranchesWith({
      endpoints: {
        callTargets: async () => {
          await made.branches.deliver(incomingOf({ ...carried, copy: { number: 2, nonce: "n", tries: 1 } }));
          return failed(true);
        },
      },
      table: made.table,
    });
    made.outcomes = [failed()];
    await slow.branches.deliver(incomingOf(carried));
    expect(made.stateOf(carried)).toMatchObject({ state: "open", copyNumber: 2 });
    expect(slow.sent).toEqual([]);
  });

  test("that is none of the router's is refused", async () => {
    await expect(made.branches.deliver(incomingWith())).rejects.toThrow(Problem);
  });
});

describe("open circuits", () => {
  test("delay a copy without a try", async () => {
    made.outcomes = [skipped(5_000)];
    await deliver(carried);
    const [second] = made.copies();
    expect(second?.copy).toMatchObject({ number: 2, tries: 0 });
    expect(made.sent[0]?.delayMs).toBeGreaterThan(3_900);
    await deliver(second!);
    expect(made.stateOf(carried)).toMatchObject({ tries: 0, delays: 1 });
  });

  test("end a branch in the end", async () => {
    made.outcomes = [skipped(5_000)];
    await deliver({ ...carried, copy: { number: branchLimits.maxDelays, nonce: "n", tries: 0 } });
    expect(made.stateOf(carried)).toMatchObject({ state: "failed" });
    expect(made.sentTo("rejected")).toHaveLength(1);
  });
});

describe("the answer of a duplex endpoint", () => {
  const duplex = (reply: Reply) =>
    carriedWith({ targets: [targetWith("http://service/", { exchange: "duplex" })] }, { pass: { reply } });
  const toQueue = duplex({ kind: "queue", sessionId: "asker", correlationId: "c" });
  const toClient = duplex({ kind: "session", sessionId: "s1" });
  const json = { body: Buffer.from('{"a":1}'), contentType: "application/json" };

  test("goes to the session of replies as it came, before the branch is delivered", async () => {
    made.outcomes = [taken(json)];
    const { table } = made;
    const write = table.replace.bind(table);
    table.replace = (...args) => {
      expect(made.sentTo("replies")).toHaveLength(1);
      return write(...args);
    };
    await deliver(toQueue);
    expect(made.sent).toMatchObject([
      {
        entity: "replies",
        body: json.body,
        properties: {
          messageId: `${toQueue.branch.id}:reply`,
          contentType: "application/json",
          sessionId: "asker",
          correlationId: "c",
          applicationProperties: { "Interrole-Table-Version": "default@7", status: 200 },
        },
      },
    ]);
    expect(made.stateOf(toQueue)).toMatchObject({ state: "delivered" });
  });

  test("goes to the mailbox of a connected client, once", async () => {
    made.outcomes = [taken(json)];
    await deliver(toClient);
    expect(made.mailboxes).toEqual([
      {
        to: { session: "s1" },
        content: { data: { a: 1 } },
        key: `${toClient.branch.id}:reply`,
        from: "router:default",
      },
    ]);
  });

  test("is none when it has no body, and is told of when it is too large", async () => {
    await deliver(toQueue);
    expect(made.sent).toEqual([]);
    made = new BranchesWith();
    made.outcomes = [taken({ body: Buffer.alloc(200_000) })];
    await deliver(toQueue);
    expect(made.sent).toMatchObject([{ entity: "replies", properties: { subject: "problem" } }]);
  });

  test("to a client that has left does not hold the branch up", async () => {
    made = new BranchesWith({ sendToMailbox: () => Promise.reject(new Problem("session-closed", "gone")) });
    made.outcomes = [taken(json)];
    await deliver(toClient);
    expect(made.stateOf(toClient)).toMatchObject({ state: "delivered" });
  });

  test("that will not come is told to who waits for it", async () => {
    made.outcomes = [failed(true)];
    await deliver(toQueue);
    const [answer] = made.sentTo("replies");
    expect(JSON.parse(String(answer?.body))).toMatchObject({ type: "urn:interrole:problem:endpoint-failed" });
  });
});
