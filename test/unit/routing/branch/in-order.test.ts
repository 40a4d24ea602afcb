import { beforeEach, describe, expect, test } from "vitest";
import { NotYetDelivered } from "../../../../shared/routing/branch/in-order.ts";
import { branchLimits } from "../../../../shared/routing/branch/limits.ts";
import { carriedWith, targetWith } from "../../../support/branch-with.ts";
import { BranchesWith, failed, incomingOf, skipped, taken } from "../../../support/branches-with.ts";

const carried = carriedWith({ targets: [targetWith("http://service/")] }, { pass: { orderingKey: "key" } });

let made: BranchesWith;
let thrownAtMs = 0;

beforeEach(() => {
  made = new BranchesWith({}, { maxTries: 12, retryMs: 1_000 });
});

/** Handles the message while so much time goes by; tells how it ended. */
async function deliver(deliveryCount = 1, passMs = 600_000): Promise<"done" | "thrown"> {
  const handled = made.branches.deliverOrdered(incomingOf(carried, deliveryCount));
  const ended = handled.then(
    (): "done" => "done",
    (error: unknown): "thrown" => {
      thrownAtMs = made.clock.monotonicMs();
      expect(error).toBeInstanceOf(NotYetDelivered);
      return "thrown";
    },
  );
  await made.clock.advance(passMs);
  return await ended;
}

describe("a branch in order", () => {
  test("is tried again where it is, and makes no copies", async () => {
    made.outcomes = [failed(), failed(), taken()];
    expect(await deliver()).toBe("done");
    expect(made.calls).toHaveLength(3);
    expect(made.stateOf(carried)).toMatchObject({ state: "delivered", tries: 3, copyNumber: 1 });
    expect(made.sent).toEqual([]);
  });

  test("is left to the broker before the lock is lost, and its tries are counted on", async () => {
    made.outcomes = [failed()];
    expect(await deliver()).toBe("thrown");
    expect(thrownAtMs).toBeGreaterThan(branchLimits.maxInPlaceMs / 2);
    expect(thrownAtMs).toBeLessThanOrEqual(branchLimits.maxInPlaceMs);
    const before = made.calls.length;
    expect(before).toBeGreaterThan(5);
    expect(made.stateOf(carried)).toMatchObject({ state: "open", tries: before });
    expect(await deliver(2)).toBe("done");
    expect(made.calls).toHaveLength(12);
    expect(made.stateOf(carried)).toMatchObject({ state: "failed", tries: 12 });
    expect(
      made.sent.map(({ entity, properties }) => [entity, properties.applicationProperties?.["source"]]),
    ).toEqual([["rejected", "router-outbox-ordered"]]);
  });

  test("never calls for longer than the lock is held", async () => {
    made.outcomes = [failed()];
    const startedMs = made.clock.monotonicMs();
    await deliver();
    for (const { withinMs } of made.calls) expect(withinMs).toBeLessThanOrEqual(branchLimits.maxInPlaceMs);
    const lastMs = made.calls.at(-1)?.withinMs ?? 0;
    expect(lastMs).toBeLessThan(branchLimits.maxInPlaceMs - startedMs);
  });

  test("has failed at its last delivery: the broker would put it where nobody looks", async () => {
    made.outcomes = [skipped(30_000)];
    expect(await deliver(9)).toBe("thrown");
    expect(await deliver(10)).toBe("done");
    expect(made.stateOf(carried)).toMatchObject({ state: "failed", lastError: "every circuit is open" });
    expect(made.sentTo("rejected")).toHaveLength(1);
  });

  test("waits for a table that does not answer", async () => {
    const { table } = made;
    const insert = table.insert.bind(table);
    let outages = 4;
    table.insert = (row) => {
      outages -= 1;
      return outages >= 0 ? Promise.reject(new Error("no answer")) : insert(row);
    };
    expect(await deliver()).toBe("done");
    expect(made.calls).toHaveLength(1);
    expect(made.stateOf(carried)).toMatchObject({ state: "delivered", tries: 1 });
  });
});
