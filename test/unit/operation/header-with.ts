import type { Answer } from "../../../shared/operation/answer.ts";
import type { Header, OperationRequest, Target } from "../../../shared/operation/header.ts";
import type { FleetMember } from "../../../shared/operation/ports.ts";

export const operation = "0123456789abcdef0123456789abcdef";

/** The instances web-0, web-1, ... as they were when the operation began. */
export const first = (instance: string): string => `${instance}:first`;
/** ... and after they have restarted. */
export const second = (instance: string): string => `${instance}:second`;

/** An instance of the role `web`: ready, seen alive, and in the life in which the operation found it. */
export function member(id: string, facts: Partial<FleetMember> = {}): FleetMember {
  return { id, role: "web", state: "ready", incarnation: first(id), isSeenAlive: true, ...facts };
}

export function target(instance: string, facts: Partial<Target> = {}): Target {
  return { instance, role: "web", incarnation: first(instance), ...facts };
}

/** A running operation on the role `web`, at operation time 0. */
export function headerWith(
  facts: Partial<Omit<Header, "request">> & { request?: Partial<OperationRequest> } = {},
): Header {
  const { request, ...rest } = facts;
  return {
    id: operation,
    state: "running",
    digest: "digest",
    createdAt: "2026-01-01T00:00:00.000Z",
    step: 1,
    movedBy: "tick",
    elapsedMs: 0,
    progressAtMs: 0,
    wave: 0,
    targets: [],
    ...rest,
    request: {
      roles: ["web"],
      from: "test",
      tag: "",
      maxErrors: 0,
      deliveryTimeoutMs: 60_000,
      executionTimeoutMs: 300_000,
      ...request,
    },
  };
}

export function answers(...given: [instance: string, answer: Answer][]): Map<string, Answer> {
  return new Map(given);
}

export const acknowledged = (instance: string): Answer => ({
  state: "acknowledged",
  incarnation: first(instance),
});
