import type { CarriedBranch } from "../../shared/routing/carrier.ts";
import { firstCopy, type Branch, type Pass, type Target } from "../../shared/routing/routed-message.ts";

export function targetWith(address: string, changes: Partial<Target> = {}): Target {
  return { name: "service", address, exchange: "one-way", timeoutMs: 1_000, ...changes };
}

export function passWith(changes: Partial<Pass> = {}): Pass {
  return {
    logicalId: "0".repeat(32),
    replay: 0,
    table: "default",
    inbound: "orders",
    hop: 0,
    headers: {},
    ...changes,
  };
}

/** The first copy of a branch, as it is on the outbox. */
export function carriedWith(
  branch: Partial<Branch> & Pick<Branch, "targets">,
  { pass = {}, body = "hello", contentType = "text/plain" }: Partial<CarriedParts> = {},
): CarriedBranch {
  return {
    message: { pass: passWith(pass), body: Buffer.from(body), contentType },
    version: "default@7",
    branch: { id: "b".repeat(32), index: 0, endpoint: "service", backupOnFault: false, ...branch },
    copy: firstCopy,
  };
}

interface CarriedParts {
  pass: Partial<Pass>;
  body: string | Uint8Array;
  contentType: string;
}
