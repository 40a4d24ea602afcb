import type { FaultPoint } from "../../shared/kernel/fault-points.ts";

interface Armed {
  point: FaultPoint;
  on: string | undefined;
  nth: number;
  fire: (instance: string) => void;
}

/** Fault points that a test has armed: the process that comes to one ends there, once. */
export class ArmedPoints {
  readonly #armed: Armed[] = [];

  /** The process (of this instance) that reaches the point for the nth time ends there. Settles with its instance when that has happened. */
  arm(point: FaultPoint, { on, nth = 1 }: { on?: string; nth?: number } = {}): Promise<string> {
    return new Promise((fire) => this.#armed.push({ point, on, nth, fire }));
  }

  /** Whether the process that reaches this point now ends. */
  endsAt(point: FaultPoint, instance: string): boolean {
    const armed = this.#armed.find((one) => one.point === point && (one.on ?? instance) === instance);
    if (!armed) return false;
    armed.nth -= 1;
    if (armed.nth > 0) return false;
    this.#armed.splice(this.#armed.indexOf(armed), 1);
    armed.fire(instance);
    return true;
  }

  /** Throws when something is armed still that nothing has come to. */
  refuseUnreached(): void {
    const points = this.#armed.splice(0).map(({ point }) => point);
    if (points.length > 0) throw new Error(`Nothing came to ${points.join(", ")}`);
  }
}
