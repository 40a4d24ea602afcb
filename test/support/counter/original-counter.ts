import { ServiceBusClient, type ServiceBusReceiver, type ServiceBusSender } from "@azure/service-bus";
import type { Taken } from "../../../shared/counter/request.ts";
import { Strikes, type CounterUnderTest } from "./counter-process.ts";
import { Wire } from "./wire.ts";

export type OriginalPoint = "message-received" | "message-completed" | "message-sent";

/** Long enough for another to have put the message back. */
const waitMs = 2_000;

/**
 * The algorithm that the counter replaces: a queue per counter with one message that holds the value. It is received, completed, and
 * sent again with the next value. Kept to show what the suite finds in it.
 */
export class OriginalCounter implements CounterUnderTest {
  readonly strikes = new Strikes<OriginalPoint>();
  readonly killed: Promise<void>;
  readonly #wire: Wire;
  readonly #client: ServiceBusClient;
  readonly #receiver: ServiceBusReceiver;
  readonly #sender: ServiceBusSender;
  #kill: () => void = () => undefined;
  #isKilled = false;
  #last: Promise<void> = Promise.resolve();

  private constructor(wire: Wire, connectionString: string, queue: string) {
    this.#wire = wire;
    this.killed = new Promise((resolve) => (this.#kill = resolve));
    this.#client = new ServiceBusClient(wire.through(connectionString));
    this.#receiver = this.#client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    this.#sender = this.#client.createSender(queue);
  }

  static async start(brokerPort: number, connectionString: string, queue: string): Promise<OriginalCounter> {
    return new OriginalCounter(await Wire.to(brokerPort), connectionString, queue);
  }

  /** Puts the first message into the queue. */
  async begin(): Promise<void> {
    await this.#sender.sendMessages({ body: 0 });
  }

  /** One after the other: a receiver receives once at a time. */
  next(): Promise<Taken> {
    const taking = this.#last.then(() => this.#take());
    this.#last = taking.then(
      () => undefined,
      () => undefined,
    );
    return taking;
  }

  async #take(): Promise<Taken> {
    const [message] = await this.#receiver.receiveMessages(1, { maxWaitTimeInMs: waitMs });
    if (!message) throw new Error("the counter's message is gone");
    await this.strikes.reach("message-received");
    await this.#receiver.completeMessage(message);
    await this.strikes.reach("message-completed");
    const value = Number(message.body) + 1;
    await this.#sender.sendMessages({ body: value });
    await this.strikes.reach("message-sent");
    return { value: BigInt(value), last: BigInt(value), count: 1, epoch: 1, isRepeated: false };
  }

  kill(): void {
    this.#isKilled = true;
    this.#wire.cut();
    this.#kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What a killed process waits for never comes.
    if (!this.#isKilled) await this.#client.close();
    await this.#wire[Symbol.asyncDispose]();
  }
}
