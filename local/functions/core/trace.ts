import { randomBytes } from "node:crypto";
import type { TraceContext } from "./listener.ts";

const version = "00";
const traceBytes = 16;
const spanBytes = 8;
const notSampled = "00";

// https://www.w3.org/TR/trace-context: version, trace, parent, flags; all zeros name nothing.
const traceParentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/**
 * The trace that one invocation is part of: a step of its own in the trace of whoever sent the request or the message, or a trace
 * of its own when the sender gave none that can be read.
 */
export function continueTrace(sender: TraceContext | undefined): TraceContext {
  const match = traceParentPattern.exec(sender?.traceParent ?? "");
  const [, trace = randomBytes(traceBytes).toString("hex"), flags = notSampled] = match ?? [];
  const traceParent = [version, trace, randomBytes(spanBytes).toString("hex"), flags].join("-");
  const traceState = match === null ? undefined : sender?.traceState;
  return traceState === undefined ? { traceParent } : { traceParent, traceState };
}
