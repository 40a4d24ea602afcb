import { expect, test } from "vitest";
import { continueTrace } from "../../../local/functions/core/trace.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";

test("an invocation is a step of its own in its sender's trace", () => {
  const sender = { traceParent: `00-${trace}-00f067aa0ba902b7-01`, traceState: "vendor=1" };
  const own = continueTrace(sender);
  expect(own.traceParent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  expect(own.traceParent).not.toBe(sender.traceParent);
  expect(own.traceState).toBe("vendor=1");
});

test.each([
  undefined,
  "",
  "nonsense",
  `01-${trace}-00f067aa0ba902b7-01`,
  `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
  `00-${trace}-${"0".repeat(16)}-01`,
])("an invocation whose sender gave %j begins a trace", (traceParent) => {
  const own = continueTrace(traceParent === undefined ? undefined : { traceParent, traceState: "vendor=1" });
  expect(own.traceParent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(own.traceParent).not.toContain(trace);
  expect(own).not.toHaveProperty("traceState");
});
