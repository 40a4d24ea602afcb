import { createServer, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request as the server got it. */
export interface Asked {
  method: string;
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}

export type Answer = (response: ServerResponse, asked: Asked) => void;

/** An HTTP server that answers as a test says, and keeps what it was asked. */
export class ScriptedServer {
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #answer: Answer;

  private constructor(server: Server, answer: Answer) {
    this.#server = server;
    this.#answer = answer;
  }

  static async start(answer: Answer): Promise<ScriptedServer> {
    const server = createServer((request, response) => {
      void scripted.#take(request.method ?? "", request.url ?? "", request.headers, text(request), response);
    });
    const scripted = new ScriptedServer(server, answer);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return scripted;
  }

  get url(): string {
    const address: AddressInfo | string | null = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The server does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  /** What it was asked at paths that end so. */
  askedAt(end: string): Asked[] {
    return this.asked.filter(({ path }) => path.endsWith(end));
  }

  async #take(
    method: string,
    path: string,
    headers: Asked["headers"],
    body: Promise<string>,
    response: ServerResponse,
  ): Promise<void> {
    const sent = await body;
    const asked: Asked = { method, path, headers, body: sent === "" ? undefined : JSON.parse(sent) };
    this.asked.push(asked);
    this.#answer(response, asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, "close");
  }
}
