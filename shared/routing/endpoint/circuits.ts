import type { Clock } from "../../kernel/clock.ts";

export interface CircuitLimits {
  /** So many failures in a row open a circuit. */
  maxFailures: number;
  /** How long it stays open; twice as long each time that a probe fails. */
  firstOpenMs: number;
  maxOpenMs: number;
}

export const circuitLimits: CircuitLimits = { maxFailures: 5, firstOpenMs: 1_000, maxOpenMs: 60_000 };

/** Endpoints that are remembered, of those that fail; beyond that the oldest is forgotten and starts with a closed circuit. */
const maxRemembered = 10_000;

/** A circuit has opened, for so long at first, or closed again. */
export type OnCircuit = (endpoint: string, isOpen: boolean, openMs: number) => void;

interface Circuit {
  failures: number;
  openMs: number;
  openUntilMs: number;
  isProbed: boolean;
}

/**
 * Keeps a process from calling endpoints that are down. A circuit is closed, and everybody is let through; after so many failures in a row it
 * is open for a while, and nobody is; then one caller is let through as a probe: if it succeeds the circuit closes, if it fails, or does not
 * say, the circuit stays open for twice as long.
 */
export class Circuits {
  readonly #clock: Clock;
  readonly #limits: CircuitLimits;
  readonly #onChange: OnCircuit;
  /** Only endpoints that have failed since they last succeeded. */
  readonly #circuits = new Map<string, Circuit>();

  constructor(clock: Clock, onChange: OnCircuit, limits: CircuitLimits = circuitLimits) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.#limits = limits;
  }

  /** 0 lets the caller through, who then says how it went; otherwise the milliseconds until somebody may be let through again. */
  enter(key: string): number {
    const circuit = this.#circuits.get(key);
    if (!circuit || circuit.failures < this.#limits.maxFailures) return 0;
    const now = this.#clock.monotonicMs();
    if (now < circuit.openUntilMs) return circuit.openUntilMs - now;
    // The caller is the probe; until it has an answer, others are kept out for another while.
    circuit.openUntilMs = now + circuit.openMs;
    circuit.isProbed = true;
    return 0;
  }

  succeeded(key: string): void {
    const circuit = this.#circuits.get(key);
    if (!circuit) return;
    this.#circuits.delete(key);
    if (circuit.failures >= this.#limits.maxFailures) this.#onChange(key, false, 0);
  }

  failed(key: string): void {
    const circuit = this.#circuits.get(key) ?? { failures: 0, openMs: 0, openUntilMs: 0, isProbed: false };
    const wasOpen = circuit.failures >= this.#limits.maxFailures;
    circuit.failures += 1;
    this.#remember(key, circuit);
    if (circuit.failures < this.#limits.maxFailures) return;
    // Callers that were let through before it opened fail after it: they say nothing new.
    if (wasOpen && !circuit.isProbed) return;
    circuit.isProbed = false;
    circuit.openMs = Math.min(this.#limits.maxOpenMs, circuit.openMs * 2 || this.#limits.firstOpenMs);
    circuit.openUntilMs = this.#clock.monotonicMs() + circuit.openMs;
    if (!wasOpen) this.#onChange(key, true, circuit.openMs);
  }

  #remember(key: string, circuit: Circuit): void {
    this.#circuits.set(key, circuit);
    if (this.#circuits.size <= maxRemembered) return;
    const [oldest] = this.#circuits.keys();
    if (oldest !== undefined) this.#circuits.delete(oldest);
  }
}
