// An app whose HTTP functions do, each, one thing that a host must cope with. STREAMING=1 turns HTTP streaming on.
const { app, HttpResponse } = require("@azure/functions");
const { createHash } = require("node:crypto");
const { Readable } = require("node:stream");

if (process.env.STREAMING === "1") app.setup({ enableHttpStream: true });

const anyMethod = ["GET", "POST", "PUT", "DELETE"];
const http = (name, route, handler, more = {}) =>
  app.http(name, { methods: anyMethod, authLevel: "anonymous", route, handler, ...more });
const tell = (what) => console.log(JSON.stringify(what));

http("echo", "echo/{id?}", async (request) => ({
  jsonBody: {
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    query: [...request.query],
    params: request.params,
    body: await request.text(),
  },
}));
http("digest", "digest", async (request) => {
  const bytes = Buffer.from(await request.arrayBuffer());
  return { jsonBody: { length: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") } };
});
http("bytes", "bytes", () => ({ body: Uint8Array.from([0, 255, 128, 10]) }));
http("text", "text", () => ({ body: "plain" }));
http("trace", "trace", (_request, context) => ({ jsonBody: context.traceContext }));
http("nothing", "nothing", () => undefined);
http("noContent", "no-content", () => ({ status: 204 }));
http("throws", "throws", () => {
  throw new Error("thrown on purpose");
});
http("wrongType", "wrong-type", () => "a text is not a response");
http("wrongStatus", "wrong-status", () => ({ status: 42 }));
http("pid", "pid", () => ({ jsonBody: { pid: process.pid } }));
http("process", "process", () => ({ jsonBody: { execArgv: process.execArgv } }));
http("cookies", "cookies", () => ({
  cookies: [
    { name: "a", value: "1", maxAge: 100, httpOnly: true },
    { name: "b", value: "2", path: "/here", sameSite: "Strict", secure: true },
  ],
}));
http("logs", "logs", (_request, context) => {
  context.log("said by the function");
  console.log("line of the app");
  console.error("error line of the app");
  return { body: context.invocationId };
});

// Routes: literal against parameter, constraints, catch-all, one method each.
http("byNumber", "things/{id:int}", (request) => ({ body: `number ${request.params.id}` }));
http("byWord", "things/{id:alpha}", (request) => ({ body: `word ${request.params.id}` }));
http("files", "files/{*path}", (request) => ({ body: request.params.path ?? "(none)" }));
http("onlyPut", "only-put", () => ({ body: "put" }), { methods: ["PUT"] });
http("adminTool", "administrators", () => ({ body: "never" }));
http("twinA", "twin", () => ({ body: "a" }), { methods: ["GET"] });
http("twinB", "twin", () => ({ body: "b" }), { methods: ["GET", "PUT"] });
http("badRoute", "bad/{id:nosuch}", () => ({ body: "never" }));
http("switchedOff", "switched-off", () => ({ body: "never" }));
http("guarded", "guarded", () => ({ body: "in" }), { authLevel: "function" });
http("guardedWell", "guarded-well", () => ({ body: "in" }), { authLevel: "admin" });

// Streams.
http("events", "events", () => {
  let count = 0;
  const body = new ReadableStream({
    async pull(controller) {
      controller.enqueue(Buffer.from(`data: ${count}\n\n`));
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    },
    cancel: () => tell({ cancelled: "ReadableStream" }),
  });
  return { headers: { "content-type": "text/event-stream" }, body };
});
http("quietEvents", "quiet-events", () => ({
  headers: { "content-type": "text/event-stream" },
  body: new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from(": open\n\n")),
    cancel: () => tell({ cancelled: "quiet" }),
  }),
}));
http("responseObject", "response-object", () => {
  const body = Readable.from(forever(), { objectMode: false });
  body.once("close", () => tell({ cancelled: "HttpResponse" }));
  return new HttpResponse({ status: 206, headers: { "x-own": "yes" }, body });
});
http("readable", "readable", () => {
  const body = Readable.from(forever(), { objectMode: false });
  body.once("close", () => tell({ cancelled: "Readable" }));
  return { body };
});
http("flood", "flood", () => {
  let produced = 0;
  const body = new ReadableStream({
    pull(controller) {
      produced += 1;
      if (produced > 800) return controller.close();
      controller.enqueue(Buffer.alloc(65_536));
      if (produced % 10 === 0) tell({ produced });
    },
  });
  return { body };
});
http("breaksOff", "breaks-off", () => ({
  body: new ReadableStream({
    async pull(controller) {
      controller.enqueue(Buffer.from("first"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.error(new Error("the source broke"));
    },
  }),
}));
http("amount", "amount/{megabytes:int}", (request) => {
  let left = Number(request.params.megabytes) * 16;
  const body = new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      left -= 1;
      controller.enqueue(Buffer.alloc(65_536));
    },
  });
  return { body };
});
http("count", "count", async (request) => {
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    if (bytes === 0) tell({ upload: "first bytes" });
    bytes += chunk.length;
  }
  return { body: String(bytes) };
});

// The worker's end.
http("exit", "exit/{code:int}", (request) => {
  const code = Number(request.params.code);
  setTimeout(() => process.exit(code), 50);
  return { status: 202 };
});
http("exitNow", "exit-now", () => process.exit(1));
http("crash", "crash", () => {
  setTimeout(() => {
    throw new Error("thrown outside of any function");
  }, 10);
  return { status: 202 };
});
http("slow", "slow/{ms:int}", async (request) => {
  tell({ slow: "begun" });
  await new Promise((resolve) => setTimeout(resolve, Number(request.params.ms)));
  return { body: "done" };
});
http("stuck", "stuck", () => {
  for (;;);
});

async function* forever() {
  for (let index = 0; ; index += 1) {
    yield Buffer.from(`${index}\n`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
