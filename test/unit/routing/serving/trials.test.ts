import { beforeEach, describe, expect, test } from "vitest";
import { parseValue } from "../../../../shared/kernel/parse.ts";
import { dryRunSchema, explainSchema } from "../../../../shared/routing/serving/trials.ts";
import { toRouted, sampleSchema } from "../../../../shared/routing/serving/sample.ts";
import { InMemoryTable } from "../../../support/in-memory-table.ts";
import { bootFleet, makeWorld, tableTo, type Instance } from "../../../support/routing-instance.ts";

let instance: Instance;

beforeEach(async () => {
  const [first] = await bootFleet(makeWorld(new InMemoryTable(), new InMemoryTable()));
  if (!first) throw new Error("There is no instance");
  instance = first;
});

/** Sends large orders to another endpoint. */
const candidate = tableTo("one", {
  endpoints: {
    echo: { address: "https://one.example.com/", exchange: "one-way" },
    large: { address: "queue:large", exchange: "one-way" },
  },
  filters: {
    all: { type: "MatchAll" },
    large: { type: "Fields", pattern: { amount: [{ numeric: [">", 100] }] } },
  },
  entries: [
    { filter: "all", endpoint: "echo" },
    { filter: "large", endpoint: "large", priority: 1 },
  ],
});
const sample = (amount: number) => ({ inbound: "events", body: { amount } });
const dryRun = (request: unknown) =>
  instance.trials.dryRun("default", parseValue(dryRunSchema, request, "request"));

describe("a dry run", () => {
  test("shows which of the given messages would go elsewhere, and changes nothing", async () => {
    const result = await dryRun({ table: candidate, messages: [sample(5), sample(500)] });
    expect(result).toMatchObject({ before: "default@1", after: "given", messages: 2, changed: 1 });
    expect(result.results.map(({ isChanged }) => isChanged)).toEqual([false, true]);
    expect(result.results[1]).toMatchObject({
      before: { branches: [{ endpoint: "echo", addresses: ["https://one.example.com/"] }] },
      after: { priority: 1, branches: [{ endpoint: "large", addresses: ["queue:large"] }] },
    });
    expect((await instance.repository.pointer("default"))?.latest).toBe(1);
    expect(await instance.version()).toBe("default@1");
  });

  test("takes the last messages of this instance, and a version that is stored but not active", async () => {
    for (const amount of [1, 2, 300])
      instance.recorded.note(toRouted("default", sampleSchema.parse(sample(amount)), amount));
    instance.recorded.note(toRouted("other", sampleSchema.parse(sample(400)), 4));
    await instance.repository.put(candidate, { kind: "present" }, { by: "test" });
    const result = await dryRun({ version: 2, source: "recorded" });
    expect(result).toMatchObject({ after: "default@2", messages: 3, changed: 1 });
    expect(result.results.map(({ messageId }) => messageId)).toEqual(["sample-300", "sample-2", "sample-1"]);
    expect((await dryRun({ version: 2, limit: 1 })).messages).toBe(1);
  });

  test("sees an address that changes under the same name", async () => {
    expect((await dryRun({ table: tableTo("two"), messages: [sample(1)] })).changed).toBe(1);
    expect((await dryRun({ table: tableTo("one"), messages: [sample(1)] })).changed).toBe(0);
  });

  test("of a new table compares with nothing, and refuses one that is not valid", async () => {
    const fresh = tableTo("one", { name: "fresh" });
    const request = parseValue(dryRunSchema, { table: fresh, messages: [sample(1)] }, "request");
    expect(await instance.trials.dryRun("fresh", request)).toMatchObject({ before: "nothing", changed: 1 });
    const broken = { ...tableTo("one"), entries: [{ filter: "none", endpoint: "echo" }] };
    await expect(dryRun({ table: broken })).rejects.toMatchObject({ kind: "invalid-request" });
    await expect(dryRun({ table: fresh })).rejects.toThrow(/'fresh'/);
    await expect(dryRun({ version: 9 })).rejects.toMatchObject({ kind: "unknown-version" });
    expect(() => parseValue(dryRunSchema, { version: 1, table: fresh }, "request")).toThrow(/one of/);
  });
});

describe("an explanation", () => {
  const explain = (request: unknown) =>
    instance.trials.explain("default", parseValue(explainSchema, request, "request"));

  test("tells of each entry why the message goes there or not", async () => {
    const told = await explain({ table: candidate, message: sample(500) });
    expect(told).toMatchObject({ version: "given", outcome: "matched", priority: 1, omitted: 0 });
    expect(told.entries.map(({ endpoint, isTaken }) => [endpoint, isTaken])).toEqual([
      ["echo", false],
      ["large", true],
    ]);
    expect(told.entries[0]?.reason).toMatch(/priority 1/);
  });

  test("is of what serves, unless a version is named, and leaves out most of what does not match", async () => {
    const filters = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`f${index}`, { type: "Action", actions: [`a${index}`] }]),
    );
    const entries = Object.keys(filters).map((filter) => ({ filter, endpoint: "echo" }));
    await instance.repository.put(tableTo("one", { filters, entries }), { kind: "present" }, { by: "test" });
    expect((await explain({ message: sample(1) })).version).toBe("default@1");
    const message = { inbound: "events", headers: { action: "a299" }, body: "text" };
    const told = await explain({ version: 2, message });
    expect(told.entries).toHaveLength(201);
    expect(told.entries[0]).toMatchObject({ entry: 299, isTaken: true });
    expect(told.omitted).toBe(99);
  });
});

test("a validation tells what is wrong and where, and what could not be converted", async () => {
  const { trials } = instance;
  expect(await trials.validate("default", JSON.stringify(tableTo("one")))).toMatchObject({
    isValid: true,
    errors: [],
  });
  const broken = { ...tableTo("one"), entries: [{ filter: "none", endpoint: "echo" }] };
  expect(await trials.validate("default", JSON.stringify(broken))).toMatchObject({
    isValid: false,
    errors: [{ path: "entries.0.filter", message: "there is no filter 'none'" }],
  });
  expect((await trials.validate("default", "{")).isValid).toBe(false);
});

test("a sample's body is text as it is, JSON, or bytes", () => {
  const routed = (sample: unknown) => toRouted("default", parseValue(sampleSchema, sample, "sample"), 0);
  expect(routed({ inbound: "a", body: "<x/>" }).body.toString()).toBe("<x/>");
  expect(routed({ inbound: "a", body: { b: 1 } })).toMatchObject({ contentType: "application/json" });
  expect(routed({ inbound: "a", bodyBase64: "AAE=" }).body).toEqual(Buffer.from([0, 1]));
  expect(() => routed({ inbound: "a", body: 1, bodyBase64: "AAE=" })).toThrow(/one of/);
});
