import { beforeEach, describe, expect, test } from "vitest";
import { headerRowKey, type Header } from "../../../shared/operation/header.ts";
import { continuationTokenSchema, keptOperations } from "../../../shared/operation/history.ts";
import { headerWith } from "./header-with.ts";
import { OperationWorld } from "./operation-world.ts";

let world: OperationWorld;

beforeEach(() => {
  world = new OperationWorld();
});

const idOf = (number: number): string => String(number).padStart(32, "0");
const begunAt = (number: number): string => new Date(Date.UTC(2026, 0, 1) + number * 1_000).toISOString();

/** Operations with these numbers, each begun a second after the one before. */
async function begin(from: number, to: number, facts: Partial<Header> = {}): Promise<void> {
  for (let number = from; number <= to; number += 1) {
    const header = headerWith({ id: idOf(number), createdAt: begunAt(number), state: "succeeded", ...facts });
    await world.operations.insert(header);
    await world.history.add(header);
  }
}

const isKept = async (number: number): Promise<boolean> =>
  (await world.operations.header(idOf(number))) !== undefined;

const failed: string[] = [];
const prune = () => world.history.prune((operation) => failed.push(operation));

describe("the listing", () => {
  test("is newest first, page by page", async () => {
    await begin(1, 5);
    const first = await world.history.page(2);
    expect(first.ids).toEqual([idOf(5), idOf(4)]);
    expect(continuationTokenSchema.safeParse(first.continuationToken).success).toBe(true);
    const second = await world.history.page(2, first.continuationToken);
    expect(second.ids).toEqual([idOf(3), idOf(2)]);
    const third = await world.history.page(2, second.continuationToken);
    expect(third).toEqual({ ids: [idOf(1)], continuationToken: undefined });
  });

  test("has an operation once, however often it was added", async () => {
    await begin(1, 1);
    await begin(1, 1);
    expect((await world.history.page(10)).ids).toEqual([idOf(1)]);
  });
});

describe("tidying away", () => {
  beforeEach(() => {
    failed.length = 0;
  });

  test("keeps the newest and deletes the ended ones beyond, with all their rows", async () => {
    await begin(1, 2);
    await world.operations.answer(idOf(1), "web-0", { state: "cancelled" });
    await begin(3, keptOperations + 1);
    await prune();
    expect([await isKept(1), await isKept(2)]).toEqual([false, true]);
    expect(world.table.rows(idOf(1))).toEqual([]);
    expect((await world.history.page(1_000)).ids).toHaveLength(keptOperations);
  });

  test("never deletes one that has not ended", async () => {
    await begin(1, 1, { state: "running" });
    await begin(2, keptOperations + 2);
    await prune();
    expect([await isKept(1), await isKept(2)]).toEqual([true, false]);
  });

  test("leaves one that cannot be read, says so, and goes on with the others", async () => {
    await begin(1, keptOperations + 2);
    const [stored] = world.table.rows(idOf(2));
    await world.table.replace(
      { partitionKey: idOf(2), rowKey: headerRowKey, document: "{" },
      stored?.etag ?? "",
    );
    await prune();
    expect(failed).toEqual([idOf(2)]);
    expect(await isKept(1)).toBe(false);
  });
});
