// What a function can read of a request.
const { app } = require("@azure/functions");

const http = (name, options) => app.http(name, { methods: ["GET", "POST"], ...options });

http("greet", {
  handler: async (request) => {
    const name = request.query.get("name") || (await request.text()) || "world";
    return { body: `Hello, ${name}!` };
  },
});
http("slowGreet", {
  handler: async (request) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
    return { body: `Hello, ${await request.text()}!` };
  },
});
http("withHooks", {
  handler: (_request, extra, context) => {
    context.log(`called with ${extra}`);
    return { body: "from the handler" };
  },
});
http("headers", { handler: (request) => ({ jsonBody: Object.fromEntries(request.headers) }) });
http("query", {
  handler: ({ query }) => ({
    jsonBody: {
      all: Object.fromEntries(query),
      first: query.get("again"),
      every: query.getAll("again"),
    },
  }),
});
http("params", {
  route: "params/{name}/{number:int?}",
  handler: (request) => ({ jsonBody: request.params }),
});
http("user", { handler: (request) => ({ jsonBody: { user: request.user } }) });

const readers = {
  text: (request) => request.text(),
  json: (request) => request.json(),
  bytes: async (request) => [...new Uint8Array(await request.arrayBuffer())],
  blob: async (request) => {
    const blob = await request.blob();
    return { size: blob.size, type: blob.type };
  },
  form: async (request) => {
    const form = await request.formData();
    const file = form.get("file");
    return {
      fields: [...form].filter(([, value]) => typeof value === "string"),
      file: file && { name: file.name, type: file.type, text: await file.text() },
    };
  },
  stream: async (request) => {
    let bytes = 0;
    for await (const chunk of request.body) bytes += chunk.length;
    return bytes;
  },
};
http("read", {
  route: "read/{how}",
  handler: async (request) => {
    try {
      return { jsonBody: await readers[request.params.how](request) };
    } catch (error) {
      return { status: 400, jsonBody: { error: error.name } };
    }
  },
});
