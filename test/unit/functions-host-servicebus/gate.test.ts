import { describe, expect, it } from "vitest";
import { Gate } from "../../../local/functions/servicebus/gate.ts";
import { Slots } from "../../../local/functions/servicebus/slots.ts";

async function isOver(something: Promise<unknown>): Promise<boolean> {
  const notYet = Symbol("not yet");
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([something, Promise.resolve(notYet)])) !== notYet;
}

describe("a gate", () => {
  it("lets through while it is open", async () => {
    const gate = new Gate();
    gate.open();
    await expect(gate.pass()).resolves.toBe(true);
  });

  it("keeps waiting while it is shut, and lets through when it opens again", async () => {
    const gate = new Gate();
    const passing = gate.pass();
    expect(await isOver(passing)).toBe(false);
    gate.open();
    await expect(passing).resolves.toBe(true);
  });

  it("turns away for good when it ends", async () => {
    const gate = new Gate();
    const passing = gate.pass();
    gate.end();
    gate.open();
    await expect(passing).resolves.toBe(false);
    await expect(gate.pass()).resolves.toBe(false);
  });

  it("tells when it is no longer open", async () => {
    const gate = new Gate();
    gate.open();
    const closed = gate.closed();
    expect(await isOver(closed)).toBe(false);
    gate.shut();
    expect(await isOver(closed)).toBe(true);
  });

  it("cuts a delay short when it shuts", async () => {
    const gate = new Gate();
    gate.open();
    const delay = gate.delay(60_000);
    gate.shut();
    expect(await isOver(delay)).toBe(true);
  });
});

describe("slots", () => {
  it("hand a free place to who has waited longest", async () => {
    const slots = new Slots(1);
    await slots.acquire();
    const order: string[] = [];
    const first = slots.acquire().then(() => order.push("first"));
    const second = slots.acquire().then(() => order.push("second"));
    slots.release();
    await first;
    expect(order).toEqual(["first"]);
    slots.release();
    await second;
    expect(order).toEqual(["first", "second"]);
  });
});
