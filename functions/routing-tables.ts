import { app } from "@azure/functions";
import { z } from "zod";
import { parseValue } from "../shared/kernel/parse.ts";
import { etagOf, type Pointer } from "../shared/routing/repository/pointer.ts";
import { readPrecondition } from "../shared/routing/repository/precondition.ts";
import { unknownTable } from "../shared/routing/repository/tables.ts";
import { viewGiven, viewVersion } from "../shared/routing/serving/serving-view.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";
import { readJsonBody } from "./read-body.ts";
import { nameOfTable, readTableText, whoSchema } from "./routing-parameters.ts";

const { routingTables, routingManager, tableLoader, loadFailures } = runtime;

app.http("routing-tables", {
  methods: ["GET"],
  route: "routing/tables",
  authLevel: "function",
  handler: door(async () => {
    const tables = await routingTables.list();
    return json(200, { tables: tables.map(([name, pointer]) => viewPointer(name, pointer)) });
  }),
});

const versionQuerySchema = z.object({ version: z.coerce.number().int().min(1).optional() });

/** A table as it was stored, the latest version or the one that is asked for. */
app.http("routing-table", {
  methods: ["GET"],
  route: "routing/tables/{table}",
  authLevel: "function",
  handler: door(async (request) => {
    const name = nameOfTable(request);
    const query = parseValue(versionQuerySchema, Object.fromEntries(request.query), "query");
    const pointer = await pointerOf(name);
    const manifest = await routingTables.manifest(name, query.version ?? pointer.latest);
    const etag = etagOf(manifest.version, manifest.hash);
    const headers = {
      etag,
      "interrole-table-version": `${name}@${manifest.version}`,
      "cache-control": "no-cache",
    };
    if (request.headers.get("if-none-match") === etag) return { status: 304, headers };
    const body = await routingTables.content(name, manifest);
    return { status: 200, headers: { ...headers, "content-type": "application/json" }, body };
  }),
});

/** Stores a table as its next version, JSON or an original configuration. What runs does not change. */
app.http("routing-table-put", {
  methods: ["PUT"],
  route: "routing/tables/{table}",
  authLevel: "admin",
  handler: door(async (request) => {
    const name = nameOfTable(request);
    const { from, comment } = parseValue(whoSchema, Object.fromEntries(request.query), "query");
    const precondition = readPrecondition(
      request.headers.get("if-match"),
      request.headers.get("if-none-match"),
    );
    const { table, source, notes } = await tableLoader.check(name, await readTableText(request));
    const stored = await routingTables.put(table, precondition, { by: from, comment, source });
    const { version, hash, etag, isNew } = stored;
    return json(isNew ? 201 : 200, { name, version, hash, source, notes }, { etag });
  }),
});

const pageSchema = z.object({
  pageSize: z.coerce.number().int().min(1).max(200).default(50),
  continuationToken: z.coerce.number().int().min(1).optional(),
});

app.http("routing-table-versions", {
  methods: ["GET"],
  route: "routing/tables/{table}/versions",
  authLevel: "function",
  handler: door(async (request) => {
    const name = nameOfTable(request);
    const query = parseValue(pageSchema, Object.fromEntries(request.query), "query");
    const { active } = await pointerOf(name);
    const page = await routingTables.versions(name, query.pageSize, query.continuationToken);
    return json(200, {
      versions: page.versions.map((version) => viewVersion(version, active)),
      ...(page.next === undefined ? {} : { continuationToken: String(page.next) }),
    });
  }),
});

/** Loads of this table that failed, on any instance. */
app.http("routing-table-events", {
  methods: ["GET"],
  route: "routing/tables/{table}/events",
  authLevel: "function",
  handler: door(async (request) => {
    const { pageSize } = parseValue(pageSchema, Object.fromEntries(request.query), "query");
    return json(200, { events: await loadFailures.newest(nameOfTable(request), pageSize) });
  }),
});

const activateSchema = z.strictObject({
  version: z.int().min(1),
  refresh: z.boolean().default(true),
  from: whoSchema.shape.from,
});

/** Makes a version live, and has every instance load it unless told otherwise. */
app.http("routing-table-activate", {
  methods: ["POST"],
  route: "routing/tables/{table}/activate",
  authLevel: "admin",
  handler: door(async (request) => {
    const name = nameOfTable(request);
    const { version, refresh, from } = await readJsonBody(request, activateSchema);
    const { pointer, given } = await routingManager.activate(name, version, { by: from, refresh });
    return json(200, { ...viewPointer(name, pointer), ...(given ? viewGiven(given) : {}) });
  }),
});

async function pointerOf(name: string): Promise<Pointer> {
  const pointer = await routingTables.pointer(name);
  if (!pointer) throw unknownTable(name);
  return pointer;
}

function viewPointer(name: string, pointer: Pointer) {
  const { active, latest, latestHash, updatedAt, activatedAt, activatedBy } = pointer;
  return {
    name,
    activeVersion: active === 0 ? null : active,
    latestVersion: latest,
    etag: etagOf(latest, latestHash),
    updatedAt,
    activatedAt: activatedAt || null,
    activatedBy: activatedBy || null,
  };
}
