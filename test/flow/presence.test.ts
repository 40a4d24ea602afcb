import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { PresenceClient } from "../support/presence-client.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

let fleet: RecycleFleet;
const clients: PresenceClient[] = [];

beforeAll(async () => {
  fleet = await RecycleFleet.start({ settings: { SESSION_GRACE_MS: "3000" } });
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.disconnect()));
});

afterAll(() => fleet[Symbol.asyncDispose]());

const urlOf = (instance: string) => fleet.world.fleet.instance(instance).url;

async function join(userName: string, instance: string, more: object = {}): Promise<PresenceClient> {
  const client = await PresenceClient.register(urlOf("web-0"), { userName, instance, ...more });
  clients.push(client);
  await client.connect();
  await client.got("snapshot");
  return client;
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

async function say(
  from: PresenceClient,
  to: PresenceClient,
  text: string,
  through = "api-0",
  key = randomUUID(),
) {
  const headers = { ...from.authorization, "idempotency-key": key };
  return await post(`${urlOf(through)}/api/sessions/${to.id}/messages`, { text }, headers);
}

/** Settles when an instance has all these in its client list. */
async function knows(instance: string, sessions: readonly PresenceClient[]): Promise<void> {
  await eventually(async () => {
    const list = await (await fetch(`${urlOf(instance)}/api/sessions?pageSize=100`)).text();
    for (const { id } of sessions) expect(list).toContain(id);
  });
}

const isSession = (id: string) => (data: unknown) => JSON.stringify(data).includes(id);

describe("two users on two instances", () => {
  test("see each other come, exchange messages both ways, and see each other go", async () => {
    const ada = await join("ada", "web-0");
    // What comes after a snapshot was made comes as `joined`.
    await knows("web-1", [ada]);
    const bob = await join("bob", "web-1", { metadata: { mood: "fine" } });
    expect([ada.registered.instanceId, bob.registered.instanceId]).toEqual(["web-0", "web-1"]);
    await ada.got("joined", isSession(bob.id));
    await bob.got("snapshot", isSession(ada.id));

    expect((await say(ada, bob, "hello")).status).toBe(202);
    await bob.got("message");
    expect((await say(bob, ada, "hello yourself")).status).toBe(202);
    await ada.got("message");
    expect([ada.texts, bob.texts]).toEqual([["hello yourself"], ["hello"]]);

    const away = await fetch(`${urlOf("api-0")}/api/sessions/${bob.id}`, {
      method: "DELETE",
      headers: bob.authorization,
    });
    expect(away.status).toBe(204);
    await ada.got(
      "left",
      (data) => isSession(bob.id)(data) && JSON.stringify(data).includes('"reason":"closed"'),
    );
    await bob.got("closed");
    await bob.ended();

    const late = await say(ada, bob, "too late");
    expect([late.status, await late.json()]).toMatchObject([
      410,
      { type: "urn:interrole:problem:session-closed" },
    ]);
  });

  test("are told apart in each instance's log as local and remote", async () => {
    const ada = await join("ada", "web-0");
    const told = (instance: string, place: string) =>
      fleet.world.events.until(
        (event) =>
          event.event === "session.joined" &&
          event.instance === instance &&
          event["session"] === ada.id &&
          event["place"] === place,
      );
    const lines = await Promise.all([
      told("web-0", "local"),
      told("web-1", "remote"),
      told("api-0", "remote"),
    ]);
    for (const line of lines) expect(line).toMatchObject({ user: "ada", on: "web-0" });
  });
});

describe("messages", () => {
  test("come in order, each once, however they are sent", async () => {
    const [ada, bob] = [await join("ada", "web-0"), await join("bob", "web-1")];
    const texts = Array.from({ length: 60 }, (_, index) => `${index}`);
    const doors = ["web-0", "web-1", "api-0"];
    for (const [index, text] of texts.entries()) {
      const key = randomUUID();
      // Every third is sent twice, as by a sender that is not sure.
      for (let time = index % 3 === 0 ? 0 : 1; time < 2; time += 1) {
        expect((await say(ada, bob, text, doors[(index + time) % 3], key)).status).toBe(202);
      }
    }
    await bob.got("message", (data) => JSON.stringify(data).includes('"text":"59"'));
    expect(bob.texts).toEqual(texts);
  });

  test("to a user come on all devices, and to everyone on all sessions", async () => {
    const ada = await join("ada", "web-0");
    const devices = [
      await join("carol", "web-0"),
      await join("carol", "web-1"),
      await join("carol", "api-0"),
    ];
    // Who is connected elsewhere is known here when its instance has told.
    await knows("web-1", [ada, ...devices]);
    const toUser = await post(
      `${urlOf("web-1")}/api/users/carol/messages`,
      { text: "to carol" },
      ada.authorization,
    );
    expect([toUser.status, await toUser.json()]).toMatchObject([202, { sessions: 3 }]);
    for (const device of devices)
      await device.got("message", (data) => JSON.stringify(data).includes("to carol"));

    await post(`${urlOf("web-1")}/api/messages`, { data: { all: true } }, ada.authorization);
    for (const client of [ada, ...devices])
      await client.got("message", (data) => JSON.stringify(data).includes('"all":true'));
    expect(ada.texts.filter((text) => text === "to carol")).toEqual([]);
  });

  test("that came while a client was away come when it is back, on another instance too", async () => {
    const [ada, bob] = [await join("ada", "web-0"), await join("bob", "web-1")];
    await say(ada, bob, "one");
    await bob.got("message");
    await bob.disconnect();
    await say(ada, bob, "two");
    await say(ada, bob, "three");
    await bob.connect(`${urlOf("api-0")}/api/sessions/${bob.id}/events`, bob.lastEventId);
    await bob.got("message", (data) => JSON.stringify(data).includes("three"));
    expect(bob.texts).toEqual(["one", "two", "three"]);
    await ada.got(
      "updated",
      (data) => isSession(bob.id)(data) && JSON.stringify(data).includes('"instanceId":"api-0"'),
    );
    expect(ada.of("left").filter(isSession(bob.id))).toEqual([]);
  });
});

describe("an instance that goes", () => {
  test("by recycling sends its clients elsewhere first, and nobody sees them leave", async () => {
    const [ada, bob] = [await join("ada", "web-0"), await join("bob", "api-0")];
    const id = await fleet.api("web-1").begin("web", { instances: ["web-0"] });
    await ada.got("reconnect");
    await ada.ended();
    await say(bob, ada, "while you move");
    await ada.connect(`${urlOf("web-1")}/api/sessions/${ada.id}/events`, ada.lastEventId);
    await ada.got("message", (data) => JSON.stringify(data).includes("while you move"));
    expect((await fleet.api("web-1").untilEnded(id)).state).toBe("succeeded");
    await fleet.ready();
    expect(bob.of("left").filter(isSession(ada.id))).toEqual([]);
  });

  test("by kill -9 takes those with it who do not come back, once", async () => {
    const [ada, bob] = [await join("ada", "web-0"), await join("bob", "api-0")];
    fleet.world.fleet.kill("web-0", "worker");
    await ada.ended();
    await bob.got(
      "left",
      (data) => isSession(ada.id)(data) && JSON.stringify(data).includes('"reason":"instance-lost"'),
    );
    await fleet.ready();
    expect(bob.of("left").filter(isSession(ada.id))).toHaveLength(1);
  });
});

describe("a client that goes without a word", () => {
  test("is seen to have left when its grace time is over", async () => {
    const [ada, bob] = [await join("ada", "web-0"), await join("bob", "api-0")];
    await ada.disconnect();
    await bob.got(
      "left",
      (data) => isSession(ada.id)(data) && JSON.stringify(data).includes('"reason":"expired"'),
    );
    expect(bob.of("left").filter(isSession(ada.id))).toHaveLength(1);
  });
});

describe("a session token", () => {
  test("is asked for, and is good for its own session only", async () => {
    const [ada, bob] = [await join("ada", "web-0"), await join("bob", "web-1")];
    const events = bob.registered.eventsUrl;
    expect((await fetch(events)).status).toBe(401);
    expect((await fetch(events, { headers: { authorization: "Bearer a.b.c" } })).status).toBe(401);
    expect((await fetch(events, { headers: ada.authorization })).status).toBe(403);
    expect(
      (await fetch(events.replace("/events", ""), { method: "DELETE", headers: ada.authorization })).status,
    ).toBe(403);
    expect((await post(`${urlOf("web-0")}/api/messages`, { text: "x" })).status).toBe(401);
    const lines = JSON.stringify(fleet.world.events.all);
    expect(lines).not.toContain(ada.registered.token);
  });
});

describe("the client list", () => {
  test("is the same on every instance, by session and by user, page by page", async () => {
    const all = [await join("dora", "web-0"), await join("dora", "web-1"), await join("emil", "api-0")];
    await all[0]!.got("joined", isSession(all[2]!.id));
    const list = async (instance: string, query: string) =>
      await (await fetch(`${urlOf(instance)}/api/sessions?${query}`)).json();
    for (const query of ["user=dora", "instance=api-0", "view=users", "pageSize=2"]) {
      const lists = await Promise.all(["web-0", "web-1", "api-0"].map((instance) => list(instance, query)));
      expect(lists[1]).toEqual(lists[0]);
      expect(lists[2]).toEqual(lists[0]);
    }
    expect(await list("web-0", "user=dora")).toMatchObject({
      sessions: [{ userName: "dora" }, { userName: "dora" }],
    });
    expect(await list("web-0", "view=users")).toMatchObject({
      users: expect.arrayContaining([
        { userName: "dora", sessions: 2, instances: expect.arrayContaining(["web-0", "web-1"]) },
      ]),
    });
    expect(await list("web-0", "pageSize=1")).toMatchObject({ continuationToken: expect.any(String) });
  });
});
