import type { ClientRetryOptions } from "../settings/service-bus-options.ts";

/** How long to wait after so many failures in a row: twice as long each time up to the limit, half of it by chance. */
export function backOff(
  failures: number,
  retry: Pick<ClientRetryOptions, "mode" | "delayMs" | "maxDelayMs">,
): number {
  const growth = retry.mode === "fixed" ? 1 : 2 ** Math.min(failures, 30);
  const longest = Math.min(retry.delayMs * growth, retry.maxDelayMs);
  return longest * (0.5 + Math.random() / 2);
}
