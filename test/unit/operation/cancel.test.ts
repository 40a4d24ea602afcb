import { beforeEach, expect, test } from "vitest";
import { cancelOperation } from "../../../shared/operation/cancel.ts";
import type { Header } from "../../../shared/operation/header.ts";
import { OperationRepository } from "../../../shared/operation/repository.ts";
import { headerWith, operation } from "./header-with.ts";
import { OperationWorld } from "./operation-world.ts";

let world: OperationWorld;

beforeEach(() => {
  world = new OperationWorld();
});

const cancel = (operations = world.operations) =>
  cancelOperation({ operations, sendTick: world.sendTick, log: world.log }, operation);
const stored = async (): Promise<Header | undefined> => (await world.operations.header(operation))?.header;

test.each(["waiting", "running"] as const)(
  "a %s operation is being cancelled from now on, and is hurried on",
  async (state) => {
    await world.operations.insert(headerWith({ state, step: 4 }));
    expect((await cancel()).state).toBe("cancelling");
    expect(await stored()).toMatchObject({ state: "cancelling", step: 4 });
    expect(world.ticks).toMatchObject([{ operation, step: 4, afterMs: 0 }]);
  },
);

test("cancelling twice is the same as once", async () => {
  await world.operations.insert(headerWith());
  await cancel();
  expect((await cancel()).state).toBe("cancelling");
  expect(world.ticks).toHaveLength(1);
  expect(world.events).toEqual(["operation.cancelling"]);
});

test("an operation that was cancelled is told as it is", async () => {
  await world.operations.insert(headerWith({ state: "cancelled" }));
  expect((await cancel()).state).toBe("cancelled");
});

test.each(["succeeded", "failed"] as const)("an operation that has %s cannot be cancelled", async (state) => {
  await world.operations.insert(headerWith({ state }));
  await expect(cancel()).rejects.toMatchObject({
    kind: "operation-ended",
    message: `The operation has ended: ${state}`,
  });
});

test("an operation that does not exist cannot be cancelled", async () => {
  await expect(cancel()).rejects.toMatchObject({ kind: "unknown-operation" });
});

test("a driver that is faster costs another read, not the request", async () => {
  await world.operations.insert(headerWith({ step: 4 }));
  let isOvertaken = true;
  class Overtaken extends OperationRepository {
    override async swap(header: Header, etag: string): Promise<boolean> {
      if (isOvertaken) {
        isOvertaken = false;
        await super.swap(headerWith({ step: 5 }), etag);
      }
      return await super.swap(header, etag);
    }
  }
  expect(await cancel(new Overtaken(world.table))).toMatchObject({ state: "cancelling", step: 5 });
});
