import { describe, expect, test } from "vitest";
import type { Answer } from "../../../shared/operation/answer.ts";
import type { Target } from "../../../shared/operation/header.ts";
import type { FleetMember } from "../../../shared/operation/ports.ts";
import {
  operationViewSchema,
  planViewSchema,
  viewNew,
  viewOperation,
  viewPlan,
} from "../../../shared/operation/view.ts";
import { acknowledged, answers, headerWith, member, operation, second, target } from "./header-with.ts";

const released = { wave: 1, releasedAtMs: 0 };

/** How one target is shown. */
function shown(one: Target, answer: Answer | undefined, fleet: FleetMember[]) {
  const given = answer ? answers([one.instance, answer]) : new Map<string, Answer>();
  return viewOperation({ header: headerWith({ targets: [one] }), answers: given }, fleet).targets[0];
}

describe("an operation", () => {
  test("is shown with what was asked for, and without what was not", () => {
    const header = headerWith({
      state: "succeeded",
      endedAt: "2026-01-01T00:01:00.000Z",
      request: { tag: "v2", data: { a: 1 }, maxUnavailable: "25%", maxErrors: 2 },
    });
    expect(viewNew(header)).toEqual({
      id: operation,
      kind: "recycle",
      state: "succeeded",
      roles: ["web"],
      from: "test",
      tag: "v2",
      data: { a: 1 },
      maxUnavailable: "25%",
      maxErrors: 2,
      createdAt: "2026-01-01T00:00:00.000Z",
      endedAt: "2026-01-01T00:01:00.000Z",
      targets: [],
    });
    expect(viewNew(headerWith())).not.toHaveProperty("data");
    expect(viewNew(headerWith())).not.toHaveProperty("maxUnavailable");
    expect(viewNew(headerWith())).not.toHaveProperty("endedAt");
  });

  test("is shown in the shape that is promised", () => {
    const header = headerWith({ targets: [target("web-0", released)], request: { data: null } });
    expect(operationViewSchema.parse(viewNew(header))).toEqual(viewNew(header));
  });
});

describe("a target is shown as", () => {
  test("pending until it has acknowledged, released or not", () => {
    expect(shown(target("web-0"), undefined, [member("web-0")])).toEqual({
      instance: "web-0",
      role: "web",
      incarnation: "web-0:first",
      state: "pending",
    });
    expect(shown(target("web-0", released), undefined, [member("web-0")])).toMatchObject({
      state: "pending",
      wave: 1,
    });
  });

  test("delivered when it has acknowledged and still serves", () => {
    expect(shown(target("web-0", released), acknowledged("web-0"), [member("web-0")])).toMatchObject({
      state: "delivered",
    });
  });

  test.each<[string, FleetMember[]]>([
    ["drains", [member("web-0", { state: "draining" })]],
    ["has gone and is booting", [member("web-0", { state: "starting", incarnation: second("web-0") })]],
    ["has no row", []],
  ])("draining when it has acknowledged and %s", (_what, fleet) => {
    expect(shown(target("web-0", released), acknowledged("web-0"), fleet)).toMatchObject({
      state: "draining",
    });
  });

  test("what became of it, whatever it does now", () => {
    const fleet = [member("web-0", { state: "draining" })];
    const shownAs = (outcome: NonNullable<Target["outcome"]>) =>
      shown(target("web-0", { ...released, outcome }), acknowledged("web-0"), fleet);
    expect(shownAs({ state: "recycled" })).toMatchObject({ state: "recycled" });
    expect(shownAs({ state: "failed", reason: "no" })).toMatchObject({ state: "failed", reason: "no" });
    expect(shownAs({ state: "timed-out", phase: "execution", reason: "late" })).toMatchObject({
      state: "timed-out",
      phase: "execution",
      reason: "late",
    });
  });
});

describe("a plan", () => {
  const waves = (maxUnavailable: number | string | undefined, count: number) => {
    const fleet = Array.from({ length: count }, (_, number) => member(`web-${number}`));
    const { request } = headerWith({ request: maxUnavailable === undefined ? {} : { maxUnavailable } });
    return viewPlan(request, fleet).targets.map(({ wave }) => wave);
  };

  test("shows in which wave each would go", () => {
    expect(waves(undefined, 3)).toEqual([1, 1, 1]);
    expect(waves(1, 3)).toEqual([1, 2, 3]);
    expect(waves(2, 3)).toEqual([1, 1, 2]);
    expect(waves("50%", 4)).toEqual([1, 1, 2, 2]);
    expect(waves("10%", 2)).toEqual([1, 2]);
  });

  test("is shown in the shape that is promised", () => {
    const plan = viewPlan(headerWith().request, [member("web-0")]);
    expect(planViewSchema.parse(plan)).toEqual(plan);
  });
});
