import { beforeEach, expect, test } from "vitest";
import { openPartition } from "../../../shared/operation/open-list.ts";
import { headerWith } from "./header-with.ts";
import { OperationWorld } from "./operation-world.ts";

let world: OperationWorld;

beforeEach(async () => {
  world = new OperationWorld();
  await world.operations.insert(headerWith({ id: "one", state: "waiting" }));
  await world.operations.insert(headerWith({ id: "two", state: "waiting" }));
});

const holderOf = (role: string) => world.table.peek(openPartition, role)?.["operation"];

async function end(id: string): Promise<void> {
  const stored = await world.operations.header(id);
  await world.operations.swap(headerWith({ id, state: "succeeded" }), stored?.etag ?? "");
}

test("a free role is taken, and taken again by the same operation", async () => {
  expect(await world.claims.take("one", ["web"])).toBe(true);
  expect(await world.claims.take("one", ["web"])).toBe(true);
  expect(holderOf("web")).toBe("one");
});

test("a role of an operation that has not ended is not taken", async () => {
  await world.claims.take("one", ["web"]);
  expect(await world.claims.take("two", ["web"])).toBe(false);
  expect(holderOf("web")).toBe("one");
});

test("a role of an operation that has ended without giving it back is taken over", async () => {
  await world.claims.take("one", ["web"]);
  await end("one");
  expect(await world.claims.take("two", ["web"])).toBe(true);
  expect(holderOf("web")).toBe("two");
});

test("a role of an operation that was tidied away is taken over", async () => {
  await world.claims.take("one", ["web"]);
  await world.operations.delete("one");
  expect(await world.claims.take("two", ["web"])).toBe(true);
});

test("roles are taken in name order up to the first that is not free, so that two operations never wait for each other", async () => {
  await world.claims.take("one", ["mid"]);
  expect(await world.claims.take("two", ["web", "mid", "api"])).toBe(false);
  expect([holderOf("api"), holderOf("mid"), holderOf("web")]).toEqual(["two", "one", undefined]);
});

test("an operation gives back what it holds, and nothing else", async () => {
  await world.claims.take("one", ["api"]);
  await world.claims.take("two", ["web"]);
  await world.claims.release("one", ["api", "web"]);
  expect([holderOf("api"), holderOf("web")]).toEqual([undefined, "two"]);
});
