import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { one } from "../../support/messages.ts";

const bus = await openBus();
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await bus.close();
});

/** A process that receives one message, locks it, says what it has, and then holds on to it for ever. */
const holder = `
  import { ServiceBusClient } from "@azure/service-bus";
  const [connectionString, queue, sessionId] = process.argv.slice(1);
  const client = new ServiceBusClient(connectionString);
  const options = { maxAutoLockRenewalDurationInMs: 0 };
  const receiver = sessionId ? await client.acceptSession(queue, sessionId, options) : client.createReceiver(queue, options);
  const [message] = await receiver.receiveMessages(1);
  if (sessionId) await receiver.setSessionState("of the process");
  console.log(message.body);
  setInterval(() => {}, 60_000);
`;

/** Starts the holder, and comes back when it holds the message. */
async function held(queue: string, sessionId = ""): Promise<ChildProcess> {
  const script = ["--input-type=module", "--eval", holder, bus.connectionString, queue, sessionId];
  const child = spawn(process.execPath, script, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  expect(await once(createInterface(child.stdout), "line")).toEqual(["held"]);
  return child;
}

describe.concurrent("a process that is killed", () => {
  test("leaves its message to the next one, when the lock ends", async () => {
    const queue = await bus.queue({ lockDurationMs: bus.shortLockMs });
    await bus.client.createSender(queue).sendMessages({ body: "held" });
    (await held(queue)).kill("SIGKILL");
    const receiver = bus.client.createReceiver(queue);
    const message = await one(receiver);
    expect(message).toMatchObject({ body: "held", deliveryCount: 1 });
    await receiver.completeMessage(message);
  });

  test("leaves its session, with state and message, to the next one", async () => {
    const queue = await bus.queue({ requiresSession: true, lockDurationMs: 5_000 });
    await bus.client.createSender(queue).sendMessages({ body: "held", sessionId: "s" });
    (await held(queue, "s")).kill("SIGKILL");
    const session = await eventually(() => bus.client.acceptSession(queue, "s"));
    expect(await session.getSessionState()).toBe("of the process");
    expect((await one(session)).body).toBe("held");
  });
});
