import { entities } from "../../../shared/bus/topology.ts";
import { Outbox } from "../../../shared/bus/outbox.ts";
import { Problem } from "../../../shared/kernel/problem.ts";
import { hasEnded } from "../../../shared/operation/header.ts";
import { operationId } from "../../../shared/operation/submit.ts";
import { operationViewSchema } from "../../../shared/operation/view.ts";
import { pick, type Random } from "./random.ts";
import { bodyOf, type SimulatedRequest } from "./scenario.ts";
import type { SimulatedFleet } from "./simulated-fleet.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Actor } from "./world.ts";

const repeatMs = 700;

/** Those who ask: each request is repeated until somebody has taken it. */
export class Clients {
  readonly #fleet: SimulatedFleet;
  readonly #random: Random;
  readonly #self: Actor = { name: "client", isAlive: true, isPaused: false };
  readonly #cancelled = new Set<string>();
  #waiting = 0;

  constructor(fleet: SimulatedFleet, random: Random) {
    this.#fleet = fleet;
    this.#random = random;
  }

  /** Whether everybody has an answer. */
  get isAtRest(): boolean {
    return this.#waiting === 0;
  }

  /** The operations whose asker waits for a message. */
  asked(requests: readonly SimulatedRequest[]): string[] {
    const byMessage = requests.filter(({ by }) => by === "message");
    return byMessage
      .map(({ role, key }) => operationId(role, key))
      .filter((id) => this.#fleet.observer.headers.some((header) => header.id === id && header.reply));
  }

  /** The operations whose end was told. */
  answered(): string[] {
    return this.#fleet.broker.held
      .filter(({ queue, message }) => queue === entities.replies && message.subject === "operation.ended")
      .map(({ body }) => operationViewSchema.parse(body).id);
  }

  ask(request: SimulatedRequest): void {
    this.#waiting += 1;
    if (request.by === "message") void this.#send(request);
    else this.#call(request);
  }

  /** Asks for an operation to be cancelled, once; whoever dies over it was not asked. */
  cancel(operation: string): void {
    const [process] = this.#fleet.serving;
    if (!process || this.#cancelled.has(operation)) return;
    this.#cancelled.add(operation);
    process.cancel(operation).catch((error: unknown) => {
      this.#fleet.world.tell(`client: cancel was refused: ${String(error)}`);
    });
  }

  /** The operations that can be cancelled and were not yet. */
  cancellable(): string[] {
    return this.#fleet.observer.headers
      .filter((header) => !hasEnded(header) && !this.#cancelled.has(header.id))
      .map(({ id }) => id);
  }

  async #send(request: SimulatedRequest): Promise<void> {
    const { world, broker } = this.#fleet;
    const { role, key } = request;
    const { deliveryTimeout, executionTimeout, ...rest } = bodyOf(request);
    const outbox = new Outbox(() => broker.clientFor(this.#self), world.clockOf(this.#self));
    try {
      await outbox.send(entities.recycleRequests, {
        body: {
          ...rest,
          role,
          key,
          deliveryTimeout: deliveryTimeout / 1_000,
          executionTimeout: executionTimeout / 1_000,
        },
        messageId: key,
        replyTo: entities.replies,
      });
      this.#waiting -= 1;
    } catch {
      world.after(repeatMs, () => void this.#send(request));
    }
  }

  #call(request: SimulatedRequest): void {
    const { world, serving } = this.#fleet;
    let isAnswered = false;
    const repeat = () => {
      if (isAnswered) return;
      isAnswered = true;
      world.after(repeatMs, () => this.#call(request));
    };
    if (serving.length === 0) return repeat();
    const process = pick(this.#random, serving);
    process.onDeath.add(repeat);
    void this.#await(process, request, {
      taken: () => {
        if (isAnswered) return;
        isAnswered = true;
        this.#waiting -= 1;
      },
      repeat,
    });
  }

  async #await(
    process: SimulatedProcess,
    request: SimulatedRequest,
    then: { taken: () => void; repeat: () => void },
  ): Promise<void> {
    const { role, key } = request;
    try {
      await process.accept({ role, key, body: bodyOf(request) });
      then.taken();
    } catch (error) {
      if (error instanceof Problem) this.#fleet.world.tell(`client: refused: ${error.message}`);
      then.repeat();
    }
  }
}
