import type { Branch, Pass, RoutedMessage } from "../../../../shared/routing/routed-message.ts";
import type { Decision } from "../../../../shared/routing/decision/decision.ts";

/** A message on its way, with what a test says of it. */
export function routedWith(pass: Partial<Pass> = {}, body = "{}", contentType?: string): RoutedMessage {
  return {
    pass: {
      logicalId: "0".repeat(32),
      replay: 0,
      table: "default",
      inbound: "events",
      hop: 0,
      headers: {},
      ...pass,
    },
    body: Buffer.from(body),
    contentType,
  };
}

export function branchWith(endpoint: string, index = 0): Branch {
  const target = {
    name: endpoint,
    address: `queue:${endpoint}`,
    exchange: "one-way",
    timeoutMs: 30_000,
  } as const;
  return { id: `${endpoint}-branch`, index, endpoint, targets: [target], backupOnFault: false };
}

export function decisionWith(facts: Partial<Decision> = {}): Decision {
  return {
    id: "0".repeat(32),
    replay: 0,
    table: "default",
    version: "default@1",
    inbound: "events",
    exchange: "one-way",
    outcome: "matched",
    priority: 0,
    branches: [branchWith("a")],
    trace: [{ endpoint: "a", entries: [{ entry: 0, filter: "all" }], count: 1 }],
    decidedAt: "2026-11-21T12:00:00.000Z",
    ...facts,
  };
}
