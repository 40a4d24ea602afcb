// An app with every kind of hook, and settings that make its start fail. Each hook writes a line of JSON.
const { app } = require("@azure/functions");
const { existsSync, writeFileSync } = require("node:fs");

const { FAIL_AT_LOAD, CRASH_UNLESS, EXIT_AT_START, STREAMING } = process.env;
const tell = (what) => console.log(JSON.stringify(what));

if (STREAMING === "1") app.setup({ enableHttpStream: true });
if (FAIL_AT_LOAD === "1") throw new Error("this app does not load");
// Crashes until a file is there, which the first crash makes: a fault that goes away.
if (CRASH_UNLESS !== undefined && !existsSync(CRASH_UNLESS)) {
  writeFileSync(CRASH_UNLESS, "");
  process.exit(1);
}

const openStreams = new Set();

app.hook.appStart((context) => {
  context.hookData.from = "appStart";
  tell({ hook: "appStart" });
  if (EXIT_AT_START !== undefined) process.exit(Number(EXIT_AT_START));
});
app.hook.appTerminate(async (context) => {
  for (const controller of openStreams) {
    controller.enqueue(Buffer.from("data: goodbye\n\n"));
    controller.close();
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  tell({ hook: "appTerminate", data: context.hookData.from });
});
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName !== "hooked") return;
  context.hookData.seen = "before";
  context.inputs.push("added by a hook");
  const handler = context.functionHandler;
  context.functionHandler = async (...inputs) => ({ body: `[${(await handler(...inputs)).body}]` });
  for (const name of ["hookData", "invocationContext"]) {
    try {
      context[name] = {};
    } catch (error) {
      tell({ refused: error.message });
    }
  }
});
app.hook.preInvocation(() => tell({ hook: "disposed" })).dispose();
app.hook.postInvocation((context) => {
  const { functionName } = context.invocationContext;
  if (functionName === "hooked") {
    tell({ hook: "postInvocation", seen: context.hookData.seen, error: context.error });
    context.result = { body: `${context.result.body}!` };
  }
  if (functionName === "mended") {
    context.result = { body: `mended: ${context.error.message}` };
    context.error = null;
  }
  if (functionName === "spoilt") context.error = new Error("a hook wanted it so");
});
app.hook.log((context) => {
  if (context.category === "user") context.message = context.message.replace("secret", "***");
});

app.get("hooked", (_request, added, context) => {
  context.log("my secret");
  return { body: added };
});
app.get("mended", () => {
  throw new Error("broken");
});
app.get("spoilt", () => ({ body: "fine so far" }));
app.get("late", () => {
  app.get("tooLate", () => ({}));
});
app.get("slow", async () => {
  tell({ slow: "begun" });
  await new Promise((resolve) => setTimeout(resolve, 400));
  tell({ slow: "done" });
  return { body: "done" };
});
app.get("stream", () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(": open\n\n"));
      openStreams.add(controller);
    },
  });
  return { headers: { "content-type": "text/event-stream" }, body };
});
app.get("endless", () => {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from(": open\n\n")) });
  return { headers: { "content-type": "text/event-stream" }, body };
});
app.get("pid", () => ({ body: String(process.pid) }));
app.storageQueue("unsupportedTrigger", { queueName: "q", connection: "c", handler: () => {} });
app.serviceBusQueue("noConnection", { queueName: "q", connection: "NOT_SET", handler: () => {} });
app.generic("unsupportedOutput", {
  trigger: { type: "httpTrigger", name: "req", methods: ["GET"], route: "unsupported-output" },
  return: { type: "blob", name: "$return", path: "x" },
  handler: () => "x",
});
