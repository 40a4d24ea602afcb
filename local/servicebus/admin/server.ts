import { once } from "node:events";
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";

import { BrokerError } from "../broker-error.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log-event.ts";
import type { NamespaceAdministration } from "../model.ts";
import { writeEntry, writeError, writeFeed } from "./atom.ts";
import { authorize } from "./authorization.ts";
import { HttpProblem } from "./http-problem.ts";
import { Operations } from "./operations.ts";
import { pageOf } from "./page.ts";
import { requestPath, resourceOf } from "./resource.ts";

/** Largest body of a request; a description with all its rules has a tenth of it. */
export const maxBodyBytes = 128 * 1024;
/** A request must have come in by then. */
const requestTimeoutMs = 30_000;

export interface AdminServerOptions {
  namespace: NamespaceAdministration;
  host: string;
  /** 0 takes any free port. */
  port: number;
  keyName: string;
  key: string;
  clock: Clock;
  /** Told of bugs of the broker; clients are told of everything else. */
  log: Log;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

/** Serves the administration API over plain HTTP, as the official emulator does. Rejects when the port cannot be had. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const startedAt = new Date(options.clock.now());
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    void answer(request, options, startedAt).then((given) => send(response, given, request.method));
  });
  // Without a listener a request that is no HTTP gets a bare reset; this one is told what is wrong.
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  });
  server.listen(options.port, options.host);
  await once(server, "listening");
  return { port: portOf(server), close: () => close(server) };
}

async function answer(
  request: IncomingMessage,
  options: AdminServerOptions,
  startedAt: Date,
): Promise<Answer> {
  try {
    return await respond(request, options, startedAt);
  } catch (error) {
    if (error instanceof BrokerError || error instanceof HttpProblem)
      return problem(error.status, error.message);
    options.log({ event: "bug", error });
    return problem(500, "The broker failed; its log says why.");
  }
}

async function respond(
  request: IncomingMessage,
  options: AdminServerOptions,
  startedAt: Date,
): Promise<Answer> {
  const origin = request.headers.host ?? `${options.host}:${options.port}`;
  const url = urlOf(request, origin);
  if (url.pathname === "/health" && request.method === "GET") {
    const body = JSON.stringify({ status: "healthy", message: "Service is healthy." });
    return { status: 200, type: "application/json", body };
  }
  const path = requestPath(url);
  authorize(request.headers.authorization, path, options, options.clock.now());
  const resource = resourceOf(path);
  const operations = new Operations(options.namespace, origin, startedAt);
  switch (request.method) {
    case "GET": {
      const found = operations.get(resource);
      return "entries" in found
        ? feed(writeFeed(found, pageOf(url.searchParams), origin))
        : entry(200, writeEntry(found, origin));
    }
    case "PUT": {
      const isUpdate = readIfMatch(request.headers["if-match"]);
      const put = { body: await readBody(request), isUpdate };
      return entry(isUpdate ? 200 : 201, writeEntry(operations.put(resource, put), origin));
    }
    case "DELETE":
      operations.delete(resource);
      return { status: 200, type: "application/xml", body: "" };
    default:
      throw new HttpProblem(405, `${request.method} is not possible here.`);
  }
}

function urlOf(request: IncomingMessage, origin: string): URL {
  try {
    return new URL(request.url ?? "/", `http://${origin}`);
  } catch (cause) {
    throw new BrokerError("com.microsoft:argument-error", "The URL of the request is not valid.", { cause });
  }
}

/** Azure knows no versions of entities: an update is asked for with `*`. */
function readIfMatch(value: string | undefined): boolean {
  if (value === undefined || value.trim() === "*") return value !== undefined;
  throw new BrokerError("amqp:precondition-failed", `If-Match is '${value}'; only * is possible.`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      const part = Buffer.from(chunk);
      bytes += part.length;
      if (bytes > maxBodyBytes) throw new HttpProblem(413, `The body is larger than ${maxBodyBytes} bytes.`);
      chunks.push(part);
    }
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem(400, "The connection ended before the body did.");
  }
  return Buffer.concat(chunks).toString("utf8");
}

function entry(status: number, body: string): Answer {
  return { status, type: "application/atom+xml;type=entry;charset=utf-8", body };
}

function feed(body: string): Answer {
  return { status: 200, type: "application/atom+xml;type=feed;charset=utf-8", body };
}

function problem(status: number, detail: string): Answer {
  const body = writeError(status, STATUS_CODES[status] ?? "Error", detail);
  return { status, type: "application/xml; charset=utf-8", body };
}

function send(response: ServerResponse, { status, type, body }: Answer, method: string | undefined): void {
  // What is left of a body that was refused is not read, so the connection cannot go on.
  if (!response.req.complete) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(method === "HEAD" ? "" : body);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
