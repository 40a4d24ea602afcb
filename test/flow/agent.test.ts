import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  ConfigError,
  joinRole,
  MissingEntities,
  type JoinRoleOptions,
  type RoleInstance,
  type SessionEvent,
} from "../../client/agent/index.ts";
import { topologyToNamespace } from "../../local/servicebus/config/emulator-config.ts";
import { startTables, type Tables } from "../../local/tables/tables.ts";
import { topology } from "../../shared/bus/topology.ts";
import { openBus, type Bus } from "../support/bus.ts";
import { eventually } from "../support/eventually.ts";

let bus: Bus;
let tables: Tables;
const joined: RoleInstance[] = [];
const lines: string[] = [];

beforeAll(async () => {
  [bus, tables] = await Promise.all([
    openBus({ config: topologyToNamespace(topology, []) }),
    startTables({ port: 0 }),
  ]);
});

afterEach(async () => {
  await Promise.all(joined.splice(0).map((instance) => instance.leave()));
});

afterAll(async () => {
  await bus.close();
  await tables.close();
});

const optionsFor = (instanceId: string, more: Partial<JoinRoleOptions> = {}): JoinRoleOptions => ({
  role: "worker",
  instanceId,
  connection: bus.connectionString,
  adminConnection: bus.embedded?.adminConnectionString ?? bus.connectionString,
  tables: tables.connectionString,
  heartbeatMs: 1_000,
  writeLine: (line) => void lines.push(line),
  onEnd: () => undefined,
  ...more,
});

async function join(instanceId: string, more: Partial<JoinRoleOptions> = {}): Promise<RoleInstance> {
  const instance = await joinRole(optionsFor(instanceId, more));
  joined.push(instance);
  return instance;
}

/** Takes a session's messages in the background. */
function textsOf(events: AsyncIterable<SessionEvent>): string[] {
  const texts: string[] = [];
  void (async () => {
    for await (const event of events) if (event.event === "message") texts.push(event.data.text ?? "");
  })();
  return texts;
}

describe("a process that joins a role", () => {
  test("makes its entities as the topology says, and finds them there the next time", async () => {
    await (await join("maker")).leave();
    const queue = await bus.admin.getQueue("instance-maker");
    expect(queue).toMatchObject({ lockDuration: "PT20S", maxDeliveryCount: 10, autoDeleteOnIdle: "PT1H" });
    const rules = async (topic: string) => {
      const found: unknown[] = [];
      for await (const { name, filter } of bus.admin.listRules(topic, "maker")) found.push({ name, filter });
      return found;
    };
    expect(await rules("control")).toMatchObject([
      { name: "everyone", filter: { applicationProperties: { role: "*" } } },
      { name: "role", filter: { applicationProperties: { role: "worker" } } },
    ]);
    expect(await rules("presence")).toMatchObject([{ name: "$Default" }]);
    expect((await join("maker", { adminConnection: false })).state).toBe("ready");
  });

  test("names what is missing when it may not make it", async () => {
    const refused = joinRole(optionsFor("stranger", { adminConnection: false }));
    await expect(refused).rejects.toBeInstanceOf(MissingEntities);
    await expect(refused).rejects.toMatchObject({
      missing: ["subscription control/stranger", "subscription presence/stranger", "queue instance-stranger"],
      message: expect.stringContaining("give a connection with the right to manage"),
    });
    const admin = bus.embedded?.adminConnectionString ?? bus.connectionString;
    const forged = admin.replace(/(SharedAccessKey=)[^;]*/, "$1bm90IHRoZSBrZXk=");
    await expect(joinRole(optionsFor("stranger", { adminConnection: forged }))).rejects.toMatchObject({
      missing: ["subscription control/stranger", "subscription presence/stranger", "queue instance-stranger"],
      message: expect.stringContaining("cannot be made with this connection"),
    });
  });

  test("is told which option is wrong", async () => {
    await expect(joinRole(optionsFor("Not A Name"))).rejects.toBeInstanceOf(ConfigError);
  });
});

describe("two processes in a role", () => {
  test("see each other's sessions come and go, and get messages to each other's", async () => {
    const seen: SessionEvent[] = [];
    const [one, two] = [
      await join("one", { onPresence: (event) => void seen.push(event) }),
      await join("two"),
    ];
    const ada = await one.openSession({ userName: "ada" });
    const bob = await two.openSession({ userName: "bob", metadata: { mood: "fine" } });
    const [toAda, toBob] = [textsOf(ada.events()), textsOf(bob.events())];
    await eventually(() => {
      expect(one.presence()).toMatchObject(two.presence());
      expect(one.presence()).toHaveLength(2);
    });

    for (let n = 0; n < 20; n += 1) await one.send({ to: { session: bob.id }, text: `${n}` }, { from: ada });
    await two.send({ to: { user: "ada" }, text: "from two" }, { key: "1" });
    await two.send({ to: { user: "ada" }, text: "from two" }, { key: "1" });
    await two.send({ to: "everyone", text: "all" }, { from: bob });
    await eventually(() => {
      expect(toAda.toSorted()).toEqual(["all", "from two"]);
      expect(toBob.filter((text) => text !== "all")).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
    });

    await two.leave();
    await eventually(() => {
      expect(seen.map(({ event }) => event)).toContain("left");
      expect(one.presence().map(({ userName }) => userName)).toEqual(["ada"]);
    });
    expect(seen.at(-1)).toMatchObject({ event: "left", data: { userName: "bob", reason: "closed" } });
  });
});

describe("a second process with the same id", () => {
  test("takes the first one's place, and the first one ends when the second is gone", async () => {
    const ends: number[] = [];
    const first = await join("twin", { onEnd: (exitCode) => void ends.push(exitCode) });
    const second = await join("twin");
    await eventually(() => first.state === "passive");
    expect([second.state, ends]).toEqual(["ready", []]);
    const bob = await second.openSession({ userName: "bob" });
    const texts = textsOf(bob.events());
    const other = await join("other");
    for (let n = 0; n < 10; n += 1) await other.send({ to: { session: bob.id }, text: `${n}` });
    await eventually(() => expect(texts).toEqual(Array.from({ length: 10 }, (_, n) => `${n}`)));
    await second.leave();
    await eventually(() => ends.length > 0);
    expect(ends).toEqual([200]);
  });
});

describe("an instance whose entities are gone", () => {
  test("makes them again, and is told things again", async () => {
    const [one, two] = [await join("three"), await join("four")];
    const bob = await two.openSession({ userName: "bob" });
    const texts = textsOf(bob.events());
    await eventually(() => one.presence().length === 1);
    await bus.admin.deleteQueue("instance-four");
    await bus.admin.deleteSubscription("presence", "four");
    await eventually(async () => {
      await bus.admin.getQueue("instance-four");
      await bus.admin.getSubscription("presence", "four");
    });
    await one.send({ to: { session: bob.id }, text: "are you there?" });
    await one.openSession({ userName: "ada" });
    await eventually(() => {
      expect(texts).toEqual(["are you there?"]);
      expect(two.presence().map(({ userName }) => userName)).toContain("ada");
    });
  });
});
