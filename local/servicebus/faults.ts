import type { BrokerError } from "./broker-error.ts";

/** Where a fault can be put. */
export type FaultPoint = "attach" | "send" | "manage" | "put-token";

/** What is about to happen when a fault may strike. */
export interface FaultOccasion {
  readonly point: FaultPoint;
  /** Path of the entity, as the client wrote it. */
  readonly path: string;
  /** The management operation, such as `com.microsoft:renew-lock`. */
  readonly operation?: string;
}

/** Decides whether an occasion fails. */
export type Fault = (occasion: FaultOccasion) => BrokerError | undefined;

/** Errors on purpose: a test says which step fails, and the broker answers with that error in place of doing it. */
export class Faults {
  #faults = new Set<Fault>();

  /** Installs a fault until the returned function is called. */
  install(fault: Fault): () => void {
    this.#faults.add(fault);
    return () => void this.#faults.delete(fault);
  }

  /** Fails the next `times` occasions at a point, of one path or of all. */
  failNext(point: FaultPoint, error: BrokerError, options: { times?: number; path?: string } = {}): void {
    let left = options.times ?? 1;
    const remove = this.install((occasion) => {
      const elsewhere =
        options.path !== undefined && options.path.toLowerCase() !== occasion.path.toLowerCase();
      if (occasion.point !== point || elsewhere) return undefined;
      if (--left <= 0) remove();
      return error;
    });
  }

  clear(): void {
    this.#faults.clear();
  }

  /** Throws the error of the first fault that strikes. */
  strike(occasion: FaultOccasion): void {
    for (const fault of this.#faults) {
      const error = fault(occasion);
      if (error !== undefined) throw error;
    }
  }
}
