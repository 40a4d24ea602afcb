import { app, type HttpRequest } from "@azure/functions";
import { z } from "zod";
import { sessionIdOf, type CounterName } from "../shared/counter/counter-name.ts";
import {
  counterKeySchema,
  nextQuerySchema,
  resetBodySchema,
  viewReading,
  viewTaken,
} from "../shared/counter/message.ts";
import { parseValue } from "../shared/kernel/parse.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";
import { pageQuery } from "./page-query.ts";
import { readJsonBody } from "./read-body.ts";

const { counters, counterList } = runtime;

const route = "counters/{context}/{counter}";

const listSchema = z.object(pageQuery);

app.http("counters", {
  methods: ["GET"],
  route: "counters",
  authLevel: "function",
  handler: door(async ({ query }) => {
    const { pageSize, continuationToken } = parseValue(listSchema, Object.fromEntries(query), "query");
    return json(200, await counterList.page(pageSize, continuationToken));
  }),
});

app.http("counter-next", {
  methods: ["POST"],
  route: `${route}/next`,
  authLevel: "function",
  handler: door(async (request) => {
    const name = nameOf(request);
    const { count, mode } = parseValue(nextQuerySchema, Object.fromEntries(request.query), "query");
    const taken = await counters.next(name, { count, mode, key: keyOf(request) });
    counterList.note(name);
    return json(200, viewTaken(name, taken));
  }),
});

app.http("counter", {
  methods: ["GET"],
  route,
  authLevel: "function",
  handler: door(async (request) => {
    const name = nameOf(request);
    const reading = await counters.current(name);
    if (!reading)
      throw new Problem(
        "unknown-counter",
        `The counter "${name.counter}" of context "${name.context}" was never used`,
      );
    return json(200, viewReading(name, reading));
  }),
});

app.http("counter-reset", {
  methods: ["PUT"],
  route,
  authLevel: "admin",
  handler: door(async (request) => {
    const name = nameOf(request);
    const { value } = await readJsonBody(request, resetBodySchema);
    const reading = await counters.reset(name, value, keyOf(request));
    counterList.note(name);
    return json(200, viewReading(name, reading));
  }),
});

/** A host may leave a slash in a parameter encoded; names have no percent signs, so what looks encoded is. */
function nameOf({ params }: HttpRequest): CounterName {
  const name = { context: decode(params["context"]), counter: decode(params["counter"]) };
  sessionIdOf(name);
  return name;
}

function decode(parameter = ""): string {
  try {
    return decodeURIComponent(parameter);
  } catch {
    // Not encoded, and not a name either: it has a percent sign, and is refused for it.
    return parameter;
  }
}

function keyOf(request: HttpRequest): string | undefined {
  const key = request.headers.get("idempotency-key");
  return key === null ? undefined : parseValue(counterKeySchema, key, "Idempotency-Key");
}
