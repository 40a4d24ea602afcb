// Every kind of response that the library takes.
const { app, HttpResponse } = require("@azure/functions");
const { Readable } = require("node:stream");

const bytes = () => new TextEncoder().encode("bytes");
const form = () => {
  const data = new FormData();
  data.set("field", "value");
  return data;
};
async function* pieces(count, piece) {
  for (let index = 0; index < count; index += 1) yield piece(index);
}

const kinds = {
  nothing: () => ({}),
  text: () => ({ body: "text" }),
  json: () => ({ jsonBody: { a: [1, null, "é"] } }),
  jsonNull: () => ({ jsonBody: null }),
  bytes: () => ({ body: bytes() }),
  buffer: () => ({ body: Buffer.from("buffer") }),
  arrayBuffer: () => ({ body: bytes().buffer }),
  blob: () => ({ body: new Blob(["blob"], { type: "text/css" }) }),
  urlencoded: () => ({ body: new URLSearchParams({ a: "1 2" }) }),
  form: () => ({ body: form() }),
  webStream: () => ({ body: Readable.toWeb(Readable.from(pieces(3, (n) => Buffer.from(`${n}`)))) }),
  iterable: () => ({ body: pieces(3, (n) => Buffer.from(`${n}`)) }),
  object: () => new HttpResponse({ status: 201, headers: { "x-own": "yes" }, jsonBody: { made: true } }),
  headers: () => ({ headers: { "x-one": "1", "X-Two": "a, b", "content-type": "text/csv" }, body: "1;2" }),
  headerPairs: () => ({
    headers: [
      ["x-one", "1"],
      ["x-one", "2"],
    ],
  }),
};
app.http("answer", {
  methods: ["GET", "HEAD", "OPTIONS", "PATCH"],
  route: "answer/{kind}",
  handler: (request) => kinds[request.params.kind](),
});
app.http("status", {
  methods: ["GET"],
  route: "status/{code:int}",
  handler: (request) => {
    const status = Number(request.params.code);
    return [204, 205, 304].includes(status) ? { status } : { status, body: `status ${status}` };
  },
});
app.http("cookies", {
  methods: ["GET"],
  handler: () => ({
    cookies: [
      { name: "plain", value: "1", maxAge: 200_000 },
      { name: "textual", value: "2", path: "/", maxAge: "200000" },
      { name: "over", value: "3", maxAge: 0 },
      { name: "lax", value: "4", sameSite: "Lax" },
      { name: "strict", value: "5", sameSite: "Strict" },
    ],
  }),
});
app.http("sendStream", {
  methods: ["GET"],
  handler: (request) => {
    const piece = Buffer.alloc(65_536, "x");
    const count = Number(request.query.get("megabytes")) * 16;
    return { body: Readable.toWeb(Readable.from(pieces(count, () => piece))) };
  },
});
app.http("jsonStream", {
  methods: ["GET"],
  handler: () => {
    const members = pieces(100, (n) => Buffer.from(`${n === 0 ? "[" : ","}${JSON.stringify({ n })}`));
    async function* all() {
      yield* members;
      yield Buffer.from("]");
    }
    return { headers: { "content-type": "application/json" }, body: Readable.toWeb(Readable.from(all())) };
  },
});
