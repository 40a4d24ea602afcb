import { createServer } from "node:net";
import { randomInt } from "node:crypto";

/**
 * Free ports are drawn from here and not from the system: the system's own choice lies where outgoing connections get their
 * ports, so that a port may be gone again while the host that holds it restarts.
 */
const range = { from: 20_000, to: 32_000 };
const maxDraws = 200;

/** A port that was asked for and is taken. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
}

/** A wish: `given` on the command line, or only `preferred`. */
export type PortWish = { given: number } | { preferred: number };

/** Hands out ports of 127.0.0.1, each once. */
export class Ports {
  readonly #handedOut = new Set<number>();

  /**
   * The port wished for when it is free, and otherwise another free one. Throws PortTakenError, which names the option that asked
   * for it, when a given port is taken. A given port 0 means any.
   */
  async choose(wish: PortWish, option: string): Promise<number> {
    const wanted = "given" in wish ? wish.given : wish.preferred;
    if (wanted !== 0 && (await this.#take(wanted))) return wanted;
    if (wanted !== 0 && "given" in wish) {
      throw new PortTakenError(
        `Port ${wanted} is taken. Free it, or give another with ${option}; ${option} 0 takes any`,
      );
    }
    return this.#anyFree();
  }

  async #anyFree(): Promise<number> {
    for (let draw = 0; draw < maxDraws; draw++) {
      const port = randomInt(range.from, range.to);
      if (await this.#take(port)) return port;
    }
    throw new PortTakenError(`No free port was found between ${range.from} and ${range.to}`);
  }

  async #take(port: number): Promise<boolean> {
    if (this.#handedOut.has(port)) return false;
    this.#handedOut.add(port);
    if (await isFree(port)) return true;
    this.#handedOut.delete(port);
    return false;
  }
}

/** Whether nothing listens on this port of 127.0.0.1 and this process may. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
