import { describe, expect, test } from "vitest";
import { decide, mustAnnounce, type Evidence } from "../../../shared/operation/decide.ts";
import type { Header, Outcome, Target } from "../../../shared/operation/header.ts";
import { acknowledged, answers, headerWith, member, second, target } from "./header-with.ts";

const both = [member("web-0"), member("web-1")];
const pendingBoth = [target("web-0"), target("web-1")];
const released = (instance: string, facts: Partial<Target> = {}) =>
  target(instance, { wave: 1, releasedAtMs: 0, ...facts });

const evidence = (facts: Partial<Evidence> = {}): Evidence => ({
  answers: new Map(),
  fleet: both,
  afterMs: 2_000,
  ...facts,
});

/** The outcome of the first target after the move. */
const outcomeOf = ({ targets }: Header): Outcome | undefined => targets[0]?.outcome;
const releasedNow = (before: Header, after: Header): string[] =>
  after.targets
    .filter(
      (one, index) => one.releasedAtMs !== undefined && before.targets[index]?.releasedAtMs === undefined,
    )
    .map(({ instance }) => instance);

describe("operation time", () => {
  test("goes on by the delay of the tick that makes the move", () => {
    const { header } = decide(headerWith({ elapsedMs: 5_000, targets: [released("web-0")] }), evidence());
    expect(header.elapsedMs).toBe(7_000);
  });

  test("notes when a target last got further", () => {
    const before = headerWith({ elapsedMs: 5_000, targets: [released("web-0")] });
    expect(decide(before, evidence()).header.progressAtMs).toBe(0);
    const acked = decide(before, evidence({ answers: answers(["web-0", acknowledged("web-0")]) }));
    expect(acked.header.progressAtMs).toBe(7_000);
  });
});

describe("a target", () => {
  test("has recycled when another incarnation of it is ready, whatever made it restart", () => {
    const fleet = [member("web-0", { incarnation: second("web-0") }), member("web-1")];
    for (const one of [target("web-0"), released("web-0"), released("web-0", { underwayAtMs: 0 })]) {
      const { header } = decide(headerWith({ targets: [one] }), evidence({ fleet }));
      expect(outcomeOf(header)).toEqual({ state: "recycled" });
    }
  });

  test("has not recycled while its new incarnation is still starting, but is under way", () => {
    const fleet = [member("web-0", { incarnation: second("web-0"), state: "starting" })];
    const { header } = decide(headerWith({ targets: [released("web-0")] }), evidence({ fleet }));
    expect(header.targets[0]).toMatchObject({ underwayAtMs: 2_000 });
    expect(outcomeOf(header)).toBeUndefined();
  });

  test("is under way from the move that first sees its acknowledgement", () => {
    const given = answers(["web-0", acknowledged("web-0")]);
    const once = decide(headerWith({ targets: [released("web-0")] }), evidence({ answers: given }));
    expect(once.header.targets[0]).toMatchObject({ underwayAtMs: 2_000 });
    const twice = decide(once.header, evidence({ answers: given }));
    expect(twice.header.targets[0]).toMatchObject({ underwayAtMs: 2_000 });
  });

  test("has failed with the reason that it gave", () => {
    const given = answers(["web-0", { ...acknowledged("web-0"), failure: "the disk is full" }]);
    const { header } = decide(headerWith({ targets: [released("web-0")] }), evidence({ answers: given }));
    expect(outcomeOf(header)).toEqual({ state: "failed", reason: "the disk is full" });
  });

  test("times out in delivery when it has not acknowledged in time, once nobody can answer for it any more", () => {
    const before = headerWith({ targets: [released("web-0")], elapsedMs: 57_999 });
    expect(decide(before, evidence())).toMatchObject({ verdicts: [], header: { state: "running" } });
    const decision = decide({ ...before, elapsedMs: 58_000 }, evidence());
    expect(decision.verdicts).toEqual([{ instance: "web-0", answer: { state: "timed-out" } }]);
    expect(outcomeOf(decision.header)).toEqual({
      state: "timed-out",
      phase: "delivery",
      reason: "did not acknowledge within 60 s",
    });
  });

  test("times out in execution when it acknowledged and is not back in time; nobody answers for it", () => {
    const given = answers(["web-0", acknowledged("web-0")]);
    const before = headerWith({ targets: [released("web-0", { underwayAtMs: 1_000 })], elapsedMs: 299_000 });
    const decision = decide(before, evidence({ answers: given }));
    expect(decision.verdicts).toEqual([]);
    expect(outcomeOf(decision.header)).toMatchObject({ state: "timed-out", phase: "execution" });
  });

  test("keeps the outcome that another driver has answered for it", () => {
    const timedOut = answers(["web-0", { state: "timed-out" }]);
    const early = decide(headerWith({ targets: [released("web-0")] }), evidence({ answers: timedOut }));
    expect(early.verdicts).toEqual([]);
    expect(outcomeOf(early.header)).toMatchObject({ state: "timed-out", phase: "delivery" });
    const cancelled = answers(["web-0", { state: "cancelled" }]);
    const other = decide(headerWith({ targets: [released("web-0")] }), evidence({ answers: cancelled }));
    expect(outcomeOf(other.header)).toEqual({ state: "cancelled", reason: "the operation stopped" });
  });

  test("never loses an outcome", () => {
    const done = released("web-0", { outcome: { state: "recycled" } });
    const fleet = [member("web-0", { state: "lost" }), member("web-1")];
    const { header } = decide(headerWith({ targets: [done, released("web-1")] }), evidence({ fleet }));
    expect(header.targets[0]).toBe(done);
  });
});

describe("cancelling", () => {
  const cancelling = (targets: Target[]) => headerWith({ state: "cancelling", targets });

  test("ends what was never released, without asking: it cannot have found itself released", () => {
    const { header, verdicts } = decide(cancelling(pendingBoth), evidence());
    expect(verdicts).toEqual([]);
    expect(header.state).toBe("cancelled");
    expect(outcomeOf(header)).toEqual({ state: "cancelled", reason: "the operation was cancelled" });
  });

  test("answers for what was released and is silent", () => {
    const { verdicts } = decide(cancelling([released("web-0")]), evidence());
    expect(verdicts).toEqual([{ instance: "web-0", answer: { state: "cancelled" } }]);
  });

  test("lets those that have acknowledged finish", () => {
    const given = answers(["web-0", acknowledged("web-0")]);
    const before = cancelling([released("web-0")]);
    const during = decide(before, evidence({ answers: given }));
    expect(during).toMatchObject({ verdicts: [], header: { state: "cancelling" } });
    const fleet = [member("web-0", { incarnation: second("web-0") })];
    const after = decide(during.header, evidence({ answers: given, fleet }));
    expect(after.header.state).toBe("cancelled");
    expect(outcomeOf(after.header)).toEqual({ state: "recycled" });
  });

  test("releases nobody", () => {
    const before = headerWith({
      state: "cancelling",
      targets: [released("web-0", { underwayAtMs: 0 }), target("web-1")],
      request: { maxUnavailable: 2 },
    });
    const { header } = decide(before, evidence({ answers: answers(["web-0", acknowledged("web-0")]) }));
    expect(releasedNow(before, header)).toEqual([]);
  });
});

describe("waves", () => {
  test("all at once is one wave, whoever is away", () => {
    const fleet = [member("web-0", { state: "lost" }), member("web-1")];
    const { header } = decide(headerWith({ targets: pendingBoth }), evidence({ fleet }));
    expect(header.targets).toMatchObject([
      { wave: 1, releasedAtMs: 2_000 },
      { wave: 1, releasedAtMs: 2_000 },
    ]);
    expect(header.wave).toBe(1);
  });

  test("rolling releases as many as may be away, in order, and the next when they are back", () => {
    const before = headerWith({ targets: pendingBoth, request: { maxUnavailable: 1 } });
    const one = decide(before, evidence()).header;
    expect(releasedNow(before, one)).toEqual(["web-0"]);
    expect(releasedNow(one, decide(one, evidence()).header)).toEqual([]);
    const fleet = [member("web-0", { incarnation: second("web-0") }), member("web-1")];
    const two = decide(one, evidence({ fleet })).header;
    expect(releasedNow(one, two)).toEqual(["web-1"]);
    expect(two.targets[1]).toMatchObject({ wave: 2 });
  });

  test("a target that is not serving is released at no cost, but for its place among those that go", () => {
    const three = [target("web-0"), target("web-1"), target("web-2")];
    const fleet = [member("web-0"), member("web-1", { state: "lost" }), member("web-2", { state: "lost" })];
    const before = headerWith({ targets: three, request: { maxUnavailable: 1 } });
    expect(releasedNow(before, decide(before, evidence({ fleet })).header)).toEqual(["web-1"]);
  });

  test("nobody is released by a driver that has not seen the others alive", () => {
    const fleet = both.map((one) => ({ ...one, isSeenAlive: false }));
    const before = headerWith({ targets: pendingBoth, request: { maxUnavailable: 1 } });
    expect(releasedNow(before, decide(before, evidence({ fleet })).header)).toEqual([]);
  });

  test("too many errors end what was not started", () => {
    const failed = target("web-0", { wave: 1, releasedAtMs: 0, outcome: { state: "failed", reason: "no" } });
    const before = headerWith({ targets: [failed, target("web-1")], request: { maxUnavailable: 1 } });
    const { header } = decide(before, evidence());
    expect(header.state).toBe("failed");
    expect(header.targets[1]?.outcome).toEqual({
      state: "cancelled",
      reason: "not started: more than 0 of the instances before it failed",
    });
  });

  test("errors that are allowed do not stop it", () => {
    const failed = target("web-0", { wave: 1, releasedAtMs: 0, outcome: { state: "failed", reason: "no" } });
    const before = headerWith({
      targets: [failed, target("web-1")],
      request: { maxUnavailable: 1, maxErrors: 1 },
    });
    expect(releasedNow(before, decide(before, evidence()).header)).toEqual(["web-1"]);
  });
});

describe("the end", () => {
  test("comes when every target has its outcome: succeeded with no more errors than allowed, else failed", () => {
    const timedOut: Outcome = { state: "timed-out", phase: "delivery", reason: "" };
    const targets = [
      target("web-0", { outcome: { state: "recycled" } }),
      target("web-1", { outcome: timedOut }),
    ];
    expect(decide(headerWith({ targets }), evidence()).header.state).toBe("failed");
    expect(decide(headerWith({ targets, request: { maxErrors: 1 } }), evidence()).header.state).toBe(
      "succeeded",
    );
  });

  test("comes at once for an operation that is meant for nobody", () => {
    expect(decide(headerWith(), evidence()).header.state).toBe("succeeded");
  });

  test("comes for pending targets too, when no wave could start within the delivery time-out", () => {
    const fleet = [member("web-0"), member("web-1", { state: "lost" })];
    const before = headerWith({
      targets: [target("web-0")],
      request: { maxUnavailable: 1 },
      elapsedMs: 100_000,
      progressAtMs: 42_001,
    });
    expect(decide(before, evidence({ fleet })).header.state).toBe("running");
    const { header, verdicts } = decide({ ...before, progressAtMs: 42_000 }, evidence({ fleet }));
    expect(verdicts).toEqual([]);
    expect(outcomeOf(header)).toEqual({
      state: "timed-out",
      phase: "delivery",
      reason: "not started: 1 instances of its roles were away and at most 1 may be",
    });
    expect(header.state).toBe("failed");
  });

  test("does not come for pending targets while one that was released may still come back", () => {
    const before = headerWith({
      targets: [released("web-0", { underwayAtMs: 0 }), target("web-1")],
      request: { maxUnavailable: 1 },
      elapsedMs: 200_000,
    });
    const { header } = decide(before, evidence({ answers: answers(["web-0", acknowledged("web-0")]) }));
    expect(header.targets[1]?.outcome).toBeUndefined();
  });
});

describe("a notification", () => {
  test("is due while a released target has neither acknowledged nor ended", () => {
    for (const elapsedMs of [0, 9_000])
      expect(mustAnnounce(headerWith({ elapsedMs, targets: [released("web-0"), target("web-1")] }))).toBe(
        true,
      );
    expect(mustAnnounce(headerWith({ targets: pendingBoth }))).toBe(false);
    expect(mustAnnounce(headerWith({ targets: [released("web-0", { underwayAtMs: 1 })] }))).toBe(false);
    expect(
      mustAnnounce(headerWith({ targets: [released("web-0", { outcome: { state: "recycled" } })] })),
    ).toBe(false);
  });

  test("is not sent for an operation that is being cancelled", () => {
    expect(mustAnnounce(headerWith({ state: "cancelling", targets: [released("web-0")] }))).toBe(false);
  });
});
