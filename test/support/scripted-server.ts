import { createServer, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request as the server got it; its body parsed if it is JSON, else as text. */
export interface Asked {
  method: string;
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}

export type Answer = (response: ServerResponse, asked: Asked) => void;

/** An HTTP server that answers as a test says, keeps what it was asked, and may go and come back where it was. */
export class ScriptedServer {
  readonly asked: Asked[] = [];
  readonly #answer: Answer;
  #server: Server | undefined;
  #port = 0;

  private constructor(answer: Answer) {
    this.#answer = answer;
  }

  static async start(answer: Answer): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(answer);
    await scripted.listen();
    return scripted;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What it was asked at paths that end so. */
  askedAt(end: string): Asked[] {
    return this.asked.filter(({ path }) => path.endsWith(end));
  }

  /** Listens: on a free port at first, later on the same. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      void this.#take(request.method ?? "", request.url ?? "", request.headers, text(request), response);
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address: AddressInfo | string | null = server.address();
    if (address === null || typeof address === "string") throw new Error("The server does not listen");
    this.#port = address.port;
    this.#server = server;
  }

  /** Breaks what is open and listens no longer. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #take(
    method: string,
    path: string,
    headers: Asked["headers"],
    body: Promise<string>,
    response: ServerResponse,
  ): Promise<void> {
    const asked: Asked = { method, path, headers, body: parsed(await body) };
    this.asked.push(asked);
    this.#answer(response, asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function parsed(sent: string): unknown {
  if (sent === "") return undefined;
  try {
    return JSON.parse(sent);
  } catch {
    return sent;
  }
}
