import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

type Direction = "up" | "down";

/** A way to the broker that a test can hold up in either direction, and cut. */
export class Wire implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #held = new Set<Direction>();
  readonly #pairs = new Set<Record<Direction, Socket>>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async to(brokerPort: number): Promise<Wire> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The wire has no port");
    const wire = new Wire(server, address.port);
    server.on("connection", (near) => wire.#join(near, connect(brokerPort, "127.0.0.1")));
    return wire;
  }

  /** The connection string of the broker, by way of this wire. */
  through(connectionString: string): string {
    return connectionString.replace(/(sb:\/\/127\.0\.0\.1):\d+/, `$1:${this.port}`);
  }

  /** What is sent in this direction waits from now on: `up` is to the broker. */
  hold(direction: Direction): void {
    this.#held.add(direction);
    for (const pair of this.#pairs) pair[opposite(direction)].pause();
  }

  /** What has waited arrives, in its order. */
  release(): void {
    this.#held.clear();
    for (const { up, down } of this.#pairs) {
      up.resume();
      down.resume();
    }
  }

  /** All connections end without a word, as when a process is killed. */
  cut(): void {
    for (const { up, down } of this.#pairs) {
      up.destroy();
      down.destroy();
    }
    this.#pairs.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** `down` is the socket to the client, `up` the one to the broker. */
  #join(down: Socket, up: Socket): void {
    const pair = { up, down };
    this.#pairs.add(pair);
    down.on("data", (bytes) => up.write(bytes));
    up.on("data", (bytes) => down.write(bytes));
    for (const held of this.#held) pair[opposite(held)].pause();
    for (const socket of [up, down]) {
      socket.setNoDelay(true);
      // An error is followed by a close.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        up.destroy();
        down.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}

/** What goes up comes from the client. */
const opposite = (direction: Direction): Direction => (direction === "up" ? "down" : "up");
