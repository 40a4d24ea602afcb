import { request as httpRequest, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { responseTo, startFixture, type FixtureHost } from "../../support/host.ts";

describe("an HTTP function that streams", () => {
  let fixture: FixtureHost;

  beforeAll(async () => {
    const limit = String(2 * 1_048_576);
    fixture = await startFixture("http", {
      env: { STREAMING: "1", FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: limit },
    });
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  /** Opens a response and leaves its body alone. */
  async function open(path: string): Promise<IncomingMessage> {
    return responseTo(httpRequest(`${fixture.host.url}/api/${path}`).end());
  }

  /** What the flooding function says that it has produced so far. */
  function produced(): number {
    const counts = fixture.lines.flatMap((line) => /^\{"produced":(\d+)\}$/.exec(line)?.[1] ?? []);
    return Math.max(0, ...counts.map(Number));
  }

  test("sends each chunk as it comes", async () => {
    const response = await open("events");
    const { value } = await response[Symbol.asyncIterator]().next();
    expect(String(value)).toContain("data: 0\n\n");
    response.destroy();
  });

  test.each([
    ["a ReadableStream", "events", "ReadableStream"],
    ["a Readable", "readable", "Readable"],
    ["an HttpResponse of the app's own class", "response-object", "HttpResponse"],
    ["a stream that waits without end", "quiet-events", "quiet"],
  ])("is told when the client goes away from %s", async (_, path, source) => {
    const response = await open(path);
    await once(response, "data");
    response.destroy();
    await fixture.untilLine(JSON.stringify({ cancelled: source }));
    expect((await fixture.untilLogged("The client went away")).level).toBe("warning");
  });

  test("keeps status and headers of an HttpResponse", async () => {
    const response = await open("response-object");
    expect(response.statusCode).toBe(206);
    expect(response.headers["x-own"]).toBe("yes");
    response.destroy();
  });

  test("produces no more than a slow client takes", async () => {
    const response = await open("flood");
    response.pause();
    // As soon as the count stands still the buffers between the two are full.
    await eventually(async () => {
      const before = produced();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return before > 0 && produced() === before;
    });
    expect(produced()).toBeLessThan(400);
    response.resume();
    await once(response, "end");
    await fixture.untilLine(JSON.stringify({ produced: 800 }));
  });

  test("breaks the connection off when its body fails half-way", async () => {
    const response = await open("breaks-off");
    await expect(response.toArray()).rejects.toThrow("aborted");
    await fixture.untilLogged("The response failed after its first bytes");
  });

  test("tells that the real host would hang where it would", async () => {
    expect((await fixture.fetch("/api/throws")).status).toBe(500);
    expect((await fixture.fetch("/api/nothing")).status).toBe(204);
    const warnings = fixture.log.filter(({ level }) => level === "warning").map(({ message }) => message);
    expect(warnings).toContain("The invocation failed: answered 500; the real host would hang.");
    expect(warnings).toContain("The handler returned undefined: answered 204; the real host would hang.");
  });

  test("begins before a chunked body is complete", async () => {
    const request = httpRequest(`${fixture.host.url}/api/count`, { method: "POST" });
    request.write("12345");
    await fixture.untilLine(JSON.stringify({ upload: "first bytes" }));
    request.end("678");
    const response = await responseTo(request);
    expect(Buffer.concat(await response.toArray()).toString()).toBe("8");
  });

  test("does not see the body of a DELETE as a second request", async () => {
    const body = "GET /api/echo/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    const request = httpRequest(`${fixture.host.url}/api/echo`, {
      method: "DELETE",
      headers: { "transfer-encoding": "chunked" },
    });
    request.end(body);
    const response = await responseTo(request);
    const seen: { body: string } = JSON.parse(Buffer.concat(await response.toArray()).toString());
    expect(seen.body).toBe(body);
  });

  test.each([
    ["declared", (bytes: Uint8Array<ArrayBuffer>) => bytes],
    ["chunked", (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]).stream()],
  ])("refuses a %s body beyond the limit", async (_, make) => {
    const body = make(new Uint8Array(3 * 1_048_576));
    const response = await fixture.fetch("/api/count", { method: "POST", body, duplex: "half" });
    expect(response.status).toBe(413);
    expect((await fixture.fetch("/api/pid")).status).toBe(200);
  });

  test("passes many megabytes through in both directions", async () => {
    const response = await fixture.fetch("/api/amount/100");
    let bytes = 0;
    for await (const chunk of response.body ?? []) bytes += chunk.length;
    expect(bytes).toBe(100 * 1_048_576);
  });

  test("survives garbage, half requests and clients that hang up", async () => {
    const garbage = ["\u0000\u0001garbage\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST /api/count HTTP/1.1\r\n"];
    for (const bytes of garbage) {
      const socket = connect(fixture.host.port, "127.0.0.1");
      socket.end(bytes);
      socket.resume();
      await once(socket, "close");
    }
    const half = connect(fixture.host.port, "127.0.0.1");
    half.write("POST /api/count HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n12345");
    half.destroySoon();
    await once(half, "close");
    const badHost = connect(fixture.host.port, "127.0.0.1");
    badHost.write("GET /api/pid HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n");
    expect(String(Buffer.concat(await badHost.toArray()))).toContain("400 Bad Request");
    expect((await fixture.fetch("/api/pid")).status).toBe(200);
  });

  test("answers 431 to headers that only the worker finds too large, and forgets the call", async () => {
    const socket = connect(fixture.host.port, "127.0.0.1");
    // A little below the limit of 16 KiB: the host adds headers of its own.
    const large = "a".repeat(16_300);
    socket.write(`GET /api/text HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Large: ${large}\r\n\r\n`);
    expect(String(Buffer.concat(await socket.toArray()))).toContain("HTTP/1.1 431");
    await fixture.untilLogged("Executed 'Functions.text' (Failed");
  });

  test("leaves no invocation behind when all clients have gone", async () => {
    const streams = await Promise.all(Array.from({ length: 20 }, () => open("events")));
    for (const stream of streams) stream.destroy();
    const count = (text: string): number =>
      fixture.log.filter(({ message }) => message.includes(text)).length;
    await eventually(() => expect(count("Executing 'Functions.")).toBe(count("Executed 'Functions.")));
  });

  test("answers on the library's own port only what the host sends, and only on the loopback address", async () => {
    const { port } = new URL((await fixture.untilLogged("HttpUri http:")).message.replace(/^.*HttpUri /, ""));
    const response = await fetch(`http://127.0.0.1:${port}/api/pid`);
    expect(response.status).toBe(400);
  });
});
