import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { ClientConnection, type ServerContext } from "./connection.ts";

/** A listener for AMQP over TCP. */
export class AmqpServer {
  #server: Server | undefined;
  #connections = new Set<ClientConnection>();
  readonly #context: ServerContext;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Listens and tells the port; port 0 takes a free one. */
  async listen(host: string, port: number): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => {
      const connection = new ClientConnection(socket, this.#context);
      this.#connections.add(connection);
      socket.on("close", () => this.#connections.delete(connection));
      // rhea listens too, but only until it has given the socket up.
      socket.on("error", () => {});
    });
    server.listen({ host, port });
    await once(server, "listening");
    this.#server = server;
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /** Cuts all connections without a word; the listener stays. */
  dropConnections(): number {
    const dropped = this.#connections.size;
    for (const connection of this.#connections) connection.drop();
    return dropped;
  }

  /** Stops listening and closes all connections. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    for (const connection of this.#connections) connection.close();
    // Who does not read the goodbye is cut off.
    const cut = setTimeout(() => this.dropConnections(), goodbyeMs);
    await closed;
    clearTimeout(cut);
  }
}

/** How long a client has to take the goodbye. */
const goodbyeMs = 500;
