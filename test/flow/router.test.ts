import { afterAll, beforeAll, expect, test } from "vitest";
import { ServiceBusClient } from "@azure/service-bus";
import { z } from "zod";
import { administrationClient } from "../support/entities.ts";
import { eventually } from "../support/eventually.ts";
import { startTestFleet, type TestFleet } from "../support/fleet.ts";
import { RouterClient } from "../support/router-client.ts";
import { ScriptedServer } from "../support/scripted-server.ts";

/** The demonstration of the original router: two services, of which Echo is asked by topic and Event reaches both. */
let world: TestFleet;
let one: ScriptedServer;
let two: ScriptedServer;
let bus: ServiceBusClient;

const spare = "spare";
const versionHeader = "interrole-table-version";

beforeAll(async () => {
  [world, one, two] = await Promise.all([
    startTestFleet({
      instances: "web=2",
      settings: { HEARTBEAT_MS: "1000", ROUTER_RETRY_MS: "100", ROUTER_MAX_TRIES: "3" },
    }),
    service("one"),
    service("two"),
  ]);
  bus = new ServiceBusClient(world.fleet.serviceBus);
  await Promise.all([
    administrationClient(world.fleet.serviceBusAdmin).createQueue(spare),
    world.fleet.waitReady(),
  ]);
});

afterAll(async () => {
  await bus.close();
  await Promise.all([world[Symbol.asyncDispose](), one.stop(), two.stop()]);
});

const service = (name: string) =>
  ScriptedServer.start((response) => {
    response.setHeader("x-service", name).end(`<Answer>${name}</Answer>`);
  });

const router = (instance = "web-0") => new RouterClient(world.fleet.instance(instance).url);

/** The table of the demonstration: who answers topics that begin with A, and who the others. */
const tableWith = (
  ofA: "one" | "two",
  more: { endpoints?: object; filters?: object; entries?: object[]; entriesOnly?: object[] } = {},
) => ({
  name: "default",
  namespaces: { t: "urn:tester" },
  inbound: { echo: { exchange: "request-reply" }, events: { exchange: "one-way" } },
  endpoints: {
    "echo-one": { address: `${one.url}/echo`, exchange: "request-reply" },
    "echo-two": { address: `${two.url}/echo`, exchange: "request-reply" },
    "event-one": { address: `${one.url}/event`, exchange: "one-way" },
    "event-two": { address: `${two.url}/event`, exchange: "one-way" },
    kept: { address: `queue:${spare}`, exchange: "one-way" },
    ...more.endpoints,
  },
  filters: {
    ofA: { type: "XPath", expression: "starts-with(/t:Echo/t:topic, 'A')" },
    all: { type: "MatchAll" },
    ...more.filters,
  },
  backupLists: { spare: ["kept"] },
  entries: more.entriesOnly ?? [
    { filter: "ofA", endpoint: `echo-${ofA}`, priority: 2 },
    { filter: "all", endpoint: ofA === "one" ? "echo-two" : "echo-one", priority: 1 },
    { filter: "all", endpoint: "event-one" },
    { filter: "all", endpoint: "event-two", backupList: "spare" },
    ...(more.entries ?? []),
  ],
});

const onlyOrders = { type: "Fields", pattern: { kind: ["order"] } };
const toOrders = [{ filter: "orders", endpoint: "event-one" }];
const numbered = z.object({ n: z.number() });
const kept = z.object({ messageId: z.string() });

const echo = (topic: string) => `<Echo xmlns="urn:tester"><topic>${topic}</topic></Echo>`;

async function ask(topic: string, instance?: string) {
  const answer = await router(instance).send("echo", echo(topic), { "content-type": "application/xml" });
  const body = await answer.text();
  return {
    status: answer.status,
    body,
    version: answer.headers.get(versionHeader),
    from: answer.headers.get("x-service"),
  };
}

test("Echo is answered by the service of its topic, and Event reaches both", async () => {
  const version = await router().live(tableWith("one"));
  expect(await ask("Alpha")).toEqual({ status: 200, body: "<Answer>one</Answer>", version, from: "one" });
  expect(await ask("Beta", "web-1")).toEqual({
    status: 200,
    body: "<Answer>two</Answer>",
    version,
    from: "two",
  });

  const told = await router("web-0").send("events", '{"what":"both"}', {
    "content-type": "application/json",
  });
  expect(told.status).toBe(202);
  await eventually(() => {
    for (const server of [one, two]) {
      expect(server.askedAt("/event").map(({ body }) => body)).toEqual([{ what: "both" }]);
    }
  });
  const [asked] = two.askedAt("/event");
  expect(asked?.headers).toMatchObject({ [versionHeader]: version, "content-type": "application/json" });
});

test("a copy for a service that is away goes to its backup queue, and the other service gets its own once", async () => {
  await router().live(tableWith("one"));
  await two.stop();
  const before = one.askedAt("/event").length;
  try {
    await router().send("events", '{"what":"spared"}', { "content-type": "application/json" });
    const receiver = bus.createReceiver(spare, { receiveMode: "receiveAndDelete" });
    const [kept] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
    await receiver.close();
    expect(kept?.body).toEqual({ what: "spared" });
  } finally {
    await two.listen();
  }
  await eventually(() => expect(one.askedAt("/event").length).toBe(before + 1));
});

test("no request fails, and each is routed by one version, while the rules change", async () => {
  const stamps = new Map<string, "one" | "two">();
  stamps.set(await router().live(tableWith("one")), "one");
  const over = new AbortController();
  const asking = Promise.all(
    ["web-0", "web-1"].map(async (instance) => {
      const answers: Awaited<ReturnType<typeof ask>>[] = [];
      while (!over.signal.aborted) answers.push(await ask("Alpha", instance));
      return answers;
    }),
  );
  for (const ofA of ["two", "one", "two"] as const) stamps.set(await router().live(tableWith(ofA)), ofA);
  over.abort();
  const answers = (await asking).flat();
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(answers.filter(({ version, from }) => stamps.get(version ?? "") !== from)).toEqual([]);
  expect(new Set(answers.map(({ version }) => version)).size).toBeGreaterThan(1);
});

test("an endpoint is added while the fleet runs", async () => {
  await using three = await service("three");
  const added = {
    endpoints: { "event-three": { address: `${three.url}/event`, exchange: "one-way" } },
    entries: [{ filter: "all", endpoint: "event-three" }],
  };
  await router().live(tableWith("one", added));
  await router("web-1").send("events", '{"what":"three"}', { "content-type": "application/json" });
  await eventually(() => expect(three.askedAt("/event")).toHaveLength(1));
});

test("messages under one ordering key are delivered in order, through a service that fails at times", async () => {
  const got: number[] = [];
  await using unreliable = await ScriptedServer.start((response, { body }) => {
    const { n } = numbered.parse(body);
    const isFailing = n % 3 === 0 && !got.includes(-n);
    got.push(isFailing ? -n : n);
    response.writeHead(isFailing ? 503 : 200).end();
  });
  await router().live({
    name: "default",
    inbound: { events: { exchange: "one-way" } },
    endpoints: { ordered: { address: unreliable.url, exchange: "one-way" } },
    filters: { all: { type: "MatchAll" } },
    entries: [{ filter: "all", endpoint: "ordered" }],
  });
  const numbers = Array.from({ length: 8 }, (_, index) => index + 1);
  const headers = { "content-type": "application/json", "ordering-key": "account-1" };
  for (const n of numbers) {
    const told = await router(n % 2 ? "web-0" : "web-1").send("events", JSON.stringify({ n }), headers);
    expect(told.status).toBe(202);
  }
  await eventually(() => expect(got.filter((n) => n > 0)).toEqual(numbers));
  expect(got).toEqual([1, 2, -3, 3, 4, 5, -6, 6, 7, 8]);
});

test("what matches nothing is kept, and goes through the table of today when it is replayed", async () => {
  const version = await router().live(
    tableWith("one", { filters: { orders: onlyOrders }, entriesOnly: toOrders }),
  );
  const told = await router().send("events", '{"what":"unknown"}', { "content-type": "application/json" });
  expect(told.status).toBe(202);
  const { messageId } = kept.parse(await told.json());
  expect(await router().message(messageId)).toMatchObject({ outcome: "no-match", version });
  const today = await router().live(tableWith("one"));
  expect(await router().replay()).toMatchObject({ replayed: [messageId] });
  await eventually(async () =>
    expect(await router().message(messageId)).toMatchObject({
      version: today,
      replay: 1,
      branches: [{ state: "delivered" }, { state: "delivered" }],
    }),
  );
});

test("a table is set on one instance alone, and reset", async () => {
  const version = await router().live(tableWith("one"));
  await router().command("set", { application: "web", machine: "web-1", table: tableWith("two") });
  await eventually(async () => expect((await ask("Alpha", "web-1")).from).toBe("two"));
  expect((await ask("Alpha", "web-0")).from).toBe("one");
  const served = await router().versions("default");
  expect(served).toMatchObject({ "web-0": version });
  expect(served["web-1"]).toMatch(/^default@set-/);

  await router().command("reset", { application: "web", machine: "web-1" });
  await eventually(async () => expect((await ask("Alpha", "web-1")).version).not.toMatch(/set/));
});
