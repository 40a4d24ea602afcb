import type { BusHealth } from "../bus/outbox.ts";

/** What readiness is made of. */
export interface ReadinessParts {
  registration: { state: string; incarnation: string; epoch: number };
  heartbeat: { isFresh: boolean };
  outbox: { health: BusHealth };
  lifetime: { isDraining: boolean };
}

export interface Readiness {
  isReady: boolean;
  state: string;
  incarnation: string;
  epoch: number;
  /** What was looked at: "ok", or what is wrong. */
  checks: { registration: string; heartbeat: string; serviceBus: string };
}

/** Whether this instance can do its work right now, and what is missing if not. Calls nothing: it tells what the last use showed. */
export function readReadiness({ registration, heartbeat, outbox, lifetime }: ReadinessParts): Readiness {
  const { state, incarnation, epoch } = registration;
  const checks = {
    registration: state === "ready" ? "ok" : `the instance is ${state}`,
    heartbeat: heartbeat.isFresh ? "ok" : "no heartbeat has reached Table Storage lately",
    serviceBus: outbox.health.ok ? "ok" : outbox.health.reason,
  };
  const isReady = !lifetime.isDraining && Object.values(checks).every((check) => check === "ok");
  return { isReady, state, incarnation, epoch, checks };
}
