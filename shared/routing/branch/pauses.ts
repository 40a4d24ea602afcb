import { withJitter } from "../../kernel/clock.ts";
import { branchLimits as limits } from "./limits.ts";

/** How long to wait after so many failed tries: twice as long each time. */
export function pauseMs(retryMs: number, tries: number, maxMs: number = limits.maxPauseMs): number {
  return withJitter(Math.min(maxMs, retryMs * 2 ** Math.min(tries - 1, 30)));
}

/** How long to wait when every circuit is open: until the first may close, and longer each time, so that what waits does not crowd. */
export function delayMs(retryMs: number, afterMs: number, delays: number): number {
  const growingMs = Math.min(limits.maxDelayMs, retryMs * 2 ** Math.min(delays, 30));
  return withJitter(Math.max(afterMs, growingMs));
}
