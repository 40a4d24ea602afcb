import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecycleFleet } from "../support/recycle-fleet.ts";

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start({ instances: "web-0,api-0" });
});

afterAll(() => fleet[Symbol.asyncDispose]());

/** What is wrong, the role asked for, the body, and what the answer must say. */
const wrong: [what: string, role: string, body: unknown, status: number, says: RegExp][] = [
  ["a body that is not JSON", "web", "{", 400, /not JSON/],
  ["a body that is not an object", "web", "[]", 400, /object/],
  [
    "an unknown role",
    "nobody",
    {},
    404,
    /No instance has ever registered in role nobody; known roles: api, web/,
  ],
  ["a role that cannot be", "a b", {}, 400, /role/],
  ["an unknown instance", "web", { instances: ["web-9"] }, 404, /No such instance in web: web-9/],
  ["an instance of another role", "web", { instances: ["api-0"] }, 404, /No such instance in web: api-0/],
  ["nobody away at once", "web", { maxUnavailable: 0 }, 400, /maxUnavailable.*whole number from 1/],
  ["a share of more than all", "web", { maxUnavailable: "101%" }, 400, /maxUnavailable/],
  ["a field that does not exist", "web", { maxUnavailabel: 1 }, 400, /maxUnavailabel/],
  ["a time-out of no time", "web", { deliveryTimeout: 0 }, 400, /deliveryTimeout.*between 1 s and 24 h/],
  ["roles beside one role", "web", { roles: ["api"] }, 400, /to name several, ask for the role \\"\*/],
  ["data that is nested too deep", "web", `{"data":${"[".repeat(20)}${"]".repeat(20)}}`, 400, /deep/],
  ["data that is too much", "web", { data: "x".repeat(20_000) }, 400, /16384/],
  ["a body of 1 MB", "web", { data: "x".repeat(1_000_000) }, 413, /at most 65536 bytes/],
];

describe("a request that cannot be met", () => {
  test.each(wrong)("is answered with a problem: %s", async (_what, role, body, status, says) => {
    const answer = await fleet.api().recycle(encodeURIComponent(role), body, randomUUID());
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({
      type: expect.stringMatching(/^urn:interrole:problem:/),
      title: expect.any(String),
      status,
      detail: expect.any(String),
    });
    expect(text).toMatch(says);
  });

  test("because its key is too long is told so", async () => {
    const answer = await fleet.api().recycle("web", {}, "k".repeat(300));
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { detail: expect.stringMatching(/Idempotency-Key/) },
    ]);
  });

  test("because it is no JSON by its type is told what to send", async () => {
    const url = `${fleet.world.fleet.instance("api-0").url}/api/roles/web/recycle`;
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "image/png" }, body: "x" });
    expect([answer.status, await answer.json()]).toMatchObject([
      415,
      { detail: expect.stringMatching(/application\/json/) },
    ]);
  });

  test.each(["pageSize=0", "pageSize=x", "continuationToken=x", "continuationToken=%7B%7D"])(
    "is answered with a problem: GET /api/operations?%s",
    async (query) => {
      const answer = await fleet.api().get(`/operations?${query}`);
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { type: "urn:interrole:problem:invalid-request" },
      ]);
    },
  );

  test.each([
    ["web", "web-0", 409, "instance-not-gone"],
    ["web", "web-9", 404, "unknown-instance"],
  ])("to forget an instance is answered with a problem: %s/%s", async (role, id, status, kind) => {
    const url = `${fleet.world.fleet.instance("api-0").url}/api/roles/${role}/instances/${id}`;
    const answer = await fetch(url, { method: "DELETE" });
    expect([answer.status, await answer.json()]).toMatchObject([
      status,
      { type: `urn:interrole:problem:${kind}` },
    ]);
  });

  test("leaves nothing behind", async () => {
    expect(await fleet.leftovers()).toEqual([]);
    expect(await (await fleet.api().get("/operations")).json()).toEqual({ operations: [] });
  });
});
