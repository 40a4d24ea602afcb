import type { ChildProcess } from "node:child_process";
import { io, type Socket } from "socket.io-client";
import { z } from "zod";
import { clients, clientsPerSide, partnerOf, type Carrier, type OnReceived } from "./carrier.ts";
import { endChild, startChild } from "./child.ts";
import { readStamp, sharedNowMs } from "./stamp.ts";

const firstSchema = z.object({ port: z.number() });

/** How long a server may take to say that it has a message. */
const takenWithinMs = 10_000;

/** socket.io: two servers in processes of their own, with an adapter between them; a client sends to another one's room. Nothing is kept. */
export class SocketIo implements Carrier {
  readonly #nodes: readonly ChildProcess[];
  readonly #sockets: readonly Socket[];

  private constructor(nodes: readonly ChildProcess[], sockets: readonly Socket[]) {
    this.#nodes = nodes;
    this.#sockets = sockets;
  }

  /** `args` tell the servers which adapter, and where what it needs is. */
  static async connect(args: readonly string[], onReceived: OnReceived): Promise<SocketIo> {
    const nodes = await Promise.all([startChild("socket-io-node", args), startChild("socket-io-node", args)]);
    const ports = nodes.map(({ first }) => firstSchema.parse(first).port);
    const sockets = Array.from({ length: clients }, (_, index) =>
      io(`http://127.0.0.1:${ports[index < clientsPerSide ? 0 : 1]}`, {
        transports: ["websocket"],
        forceNew: true,
      }),
    );
    for (const socket of sockets) {
      socket.on("message", (text: string) => {
        const { id, sentAtMs } = readStamp(text);
        onReceived(id, sharedNowMs() - sentAtMs);
      });
    }
    await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.once("connect", done))));
    return new SocketIo(
      nodes.map(({ child }) => child),
      sockets,
    );
  }

  async send(client: number, text: string): Promise<void> {
    const partner = this.#sockets[partnerOf(client)]?.id;
    await this.#sockets[client]?.timeout(takenWithinMs).emitWithAck("send", partner, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.disconnect();
    await Promise.all(this.#nodes.map((node) => endChild(node)));
  }
}
