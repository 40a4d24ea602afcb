const { app } = require("@azure/functions");
if (process.env.STREAM === "1") app.setup({ enableHttpStream: true });
app.http("hello", { route: "hello/{name?}", methods: ["GET","POST"], authLevel: "anonymous", handler: async (request, context) => {
  context.log("hi");
  return { jsonBody: { name: request.params.name ?? null, pid: process.pid, body: await request.text(), q: Object.fromEntries(request.query) } };
}});
app.http("exit", { route: "exit/{code:int}", handler: async (request) => {
  setTimeout(() => process.exit(Number(request.params.code)), 50);
  return { status: 202 };
}});
app.http("boom", { handler: async () => { throw new Error("boom"); } });
