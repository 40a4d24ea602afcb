import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { messageOf, type Log } from "../log/log.ts";
import { answer } from "./call.ts";

const loopback = "127.0.0.1";
const badRequest = 400;
const headerTooLarge = 431;
const failed = 500;
const unavailable = 503;

/** Answers one request; what it throws becomes a 500. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The server on the app's port. */
export class FrontServer {
  readonly #server: Server;
  readonly #log: Log;
  #isRefusing = false;

  constructor(handle: RequestHandler, log: Log) {
    this.#log = log;
    this.#server = createServer((request, response) => void this.#serve(handle, request, response));
    // An upload may take as long as it takes; the default would end it after five minutes.
    this.#server.requestTimeout = 0;
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) =>
      this.#refuseGarbage(error, socket),
    );
  }

  /** Listens on the loopback address; 0 takes a free port. Returns the port. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, loopback, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    const address: AddressInfo | string | null = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The server has no port.");
    return address.port;
  }

  /** Takes no connection any more; requests on those that are open get 503 and the connection ends. */
  refuse(): void {
    this.#isRefusing = true;
    if (this.#server.listening) this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.refuse();
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.once("close", resolve));
  }

  async #serve(handle: RequestHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Errors of a connection that breaks are seen as the end of the response; unheard they would end the process.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    if (this.#isRefusing) {
      response.setHeader("Connection", "close");
      answer(response, unavailable);
      return;
    }
    try {
      await handle(request, response);
    } catch (error) {
      this.#log("error", `${request.method} ${request.url} failed: ${messageOf(error)}`, error);
      if (response.headersSent) response.destroy();
      else answer(response, failed);
    }
  }

  #refuseGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
    this.#log("debug", `A connection sent what is not HTTP: ${error.message}`);
    if (!socket.writable || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const status = error.code === "HPE_HEADER_OVERFLOW" ? headerTooLarge : badRequest;
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  }
}
