import { describe, expect, test } from "vitest";
import { budgetFor, goingOf, unavailableOf } from "../../../shared/operation/budget.ts";
import type { Outcome } from "../../../shared/operation/header.ts";
import { headerWith, member, second, target } from "./header-with.ts";

const executionTimedOut: Outcome = { state: "timed-out", phase: "execution", reason: "" };
const released = { wave: 1, releasedAtMs: 0 };

describe("the budget", () => {
  const of = (maxUnavailable: number | string | undefined, targets: number) =>
    budgetFor(
      headerWith({ request: maxUnavailable === undefined ? {} : { maxUnavailable } }).request,
      targets,
    );

  test("has no bound when none is asked for", () => {
    expect(of(undefined, 10)).toBe(Number.POSITIVE_INFINITY);
  });

  test("is the number that is asked for", () => {
    expect(of(3, 10)).toBe(3);
  });

  test.each([
    ["25%", 10, 2],
    ["100%", 10, 10],
    ["99%", 1, 1],
    ["1%", 10, 1],
  ])("of %s of %i targets is %i: rounded down, and at least one", (share, targets, expected) => {
    expect(of(share, targets)).toBe(expected);
  });
});

describe("away is", () => {
  test.each(["starting", "draining", "lost"] as const)("an instance of the roles that is %s", (state) => {
    const fleet = [member("web-0", { state }), member("web-1")];
    expect(unavailableOf(headerWith(), fleet)).toEqual(new Set(["web-0"]));
  });

  test("an instance of the roles that is not a target", () => {
    const header = headerWith({ targets: [target("web-0")] });
    expect(unavailableOf(header, [member("web-0"), member("web-9", { state: "lost" })])).toEqual(
      new Set(["web-9"]),
    );
  });

  test("an instance that the driver has not itself seen alive", () => {
    expect(unavailableOf(headerWith(), [member("web-0", { isSeenAlive: false })])).toEqual(
      new Set(["web-0"]),
    );
  });

  test("a target that was released and still runs as it did: it may go at any moment", () => {
    const header = headerWith({ targets: [target("web-0", released)] });
    expect(unavailableOf(header, [member("web-0")])).toEqual(new Set(["web-0"]));
  });

  test("a target that acknowledged and was given up on", () => {
    const header = headerWith({ targets: [target("web-0", { ...released, outcome: executionTimedOut })] });
    expect(unavailableOf(header, [member("web-0")])).toEqual(new Set(["web-0"]));
  });

  test("a target whose row is gone", () => {
    expect(unavailableOf(headerWith({ targets: [target("web-0")] }), [])).toEqual(new Set(["web-0"]));
  });
});

describe("not away is", () => {
  test("an instance of another role", () => {
    expect(unavailableOf(headerWith(), [member("api-0", { role: "api", state: "lost" })]).size).toBe(0);
  });

  test("a target that is back, even one that was given up on", () => {
    const targets = [target("web-0", released), target("web-1", { ...released, outcome: executionTimedOut })];
    const fleet = ["web-0", "web-1"].map((id) => member(id, { incarnation: second(id) }));
    expect(unavailableOf(headerWith({ targets }), fleet).size).toBe(0);
  });

  test.each<Outcome>([
    { state: "failed", reason: "" },
    { state: "cancelled", reason: "" },
    { state: "timed-out", phase: "delivery", reason: "" },
  ])("a target that was told to go and never will: $state", (outcome) => {
    const header = headerWith({ targets: [target("web-0", { ...released, outcome })] });
    expect(unavailableOf(header, [member("web-0")]).size).toBe(0);
    expect(goingOf(header, [member("web-0")]).size).toBe(0);
  });
});

describe("going is", () => {
  test("a released target until another incarnation of it is ready", () => {
    const header = headerWith({ targets: [target("web-0", released), target("web-1")] });
    const starting = member("web-0", { incarnation: second("web-0"), state: "starting" });
    for (const fleet of [[], [member("web-0")], [member("web-0", { state: "lost" })], [starting]])
      expect(goingOf(header, fleet)).toEqual(new Set(["web-0"]));
    expect(goingOf(header, [{ ...starting, state: "ready" }]).size).toBe(0);
  });
});
