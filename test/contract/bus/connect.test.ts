import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { parseServiceBusConnectionString } from "@azure/service-bus";
import type { ServiceBusClient } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { embeddedBroker, openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { one } from "../../support/messages.ts";
import { hex, opened } from "../../support/raw-frames.ts";

const bus = await openBus();
afterAll(() => bus.close());

const noRetry = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } };
const {
  endpoint,
  sharedAccessKey = "",
  sharedAccessKeyName = "",
} = parseServiceBusConnectionString(bus.connectionString);
const namespace = endpoint.replace(/\/?$/, "/");
const emulator = /UseDevelopmentEmulator=true/i.test(bus.connectionString)
  ? "UseDevelopmentEmulator=true;"
  : "";

/** A client that shows a signature made here instead of the key. */
function clientWithToken(
  resource: string,
  { key = sharedAccessKey, secondsToLive = 3_600 } = {},
): ServiceBusClient {
  const resourceUri = encodeURIComponent(resource);
  const expiry = Math.floor(Date.now() / 1000) + secondsToLive;
  const signature = createHmac("sha256", key).update(`${resourceUri}\n${expiry}`).digest("base64");
  const token = `SharedAccessSignature sr=${resourceUri}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${sharedAccessKeyName}`;
  return bus.newClient(noRetry, `Endpoint=${endpoint};SharedAccessSignature=${token};${emulator}`);
}

describe.concurrent("a client that connects", () => {
  test("is let in with the key of the connection string", async () => {
    const queue = await bus.queue();
    await bus.newClient(noRetry).createSender(queue).sendMessages({ body: "hello" });
    expect((await one(bus.client.createReceiver(queue))).body).toBe("hello");
  });

  test("is refused as unauthorized with a wrong key", async () => {
    const queue = await bus.queue();
    const wrong = bus.connectionString.replace(/SharedAccessKey=[^;]+/, "SharedAccessKey=bm90IHRoZSBrZXk=");
    const sender = bus.newClient(noRetry, wrong).createSender(queue);
    await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject({ code: "UnauthorizedAccess" });
  });

  test("is refused as unauthorized with the name of a key that does not exist", async () => {
    const queue = await bus.queue();
    const unknown = bus.connectionString.replace(/SharedAccessKeyName=[^;]+/, "SharedAccessKeyName=nobody");
    const receiver = bus.newClient(noRetry, unknown).createReceiver(queue);
    await expect(receiver.receiveMessages(1)).rejects.toMatchObject({ code: "UnauthorizedAccess" });
  });

  test("is refused as unauthorized when it wants to manage or peek with a wrong key", async () => {
    const queue = await bus.queue();
    const wrong = bus.connectionString.replace(/SharedAccessKey=[^;]+/, "SharedAccessKey=bm90IHRoZSBrZXk=");
    const receiver = bus.newClient(noRetry, wrong).createReceiver(queue);
    await expect(receiver.peekMessages(1)).rejects.toMatchObject({ code: "UnauthorizedAccess" });
  });

  test("is let in with a shared access signature that is still valid", async () => {
    const queue = await bus.queue();
    await clientWithToken(`${namespace}${queue}`).createSender(queue).sendMessages({ body: "signed" });
    expect((await one(bus.client.createReceiver(queue))).body).toBe("signed");
  });

  test("is let in with a signature for the host alone, written without a scheme", async () => {
    const queue = await bus.queue();
    const host = namespace.replace(/^sb:\/\//, "").replace(/\/$/, "");
    await clientWithToken(host).createSender(queue).sendMessages({ body: "signed" });
    expect((await one(bus.client.createReceiver(queue))).body).toBe("signed");
  });

  test("is refused as unauthorized with a shared access signature that has expired", async () => {
    const queue = await bus.queue();
    const sender = clientWithToken(`${namespace}${queue}`, { secondsToLive: -60 }).createSender(queue);
    await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject({ code: "UnauthorizedAccess" });
  });

  test("is refused as unauthorized with a signature that another key made", async () => {
    const queue = await bus.queue();
    const sender = clientWithToken(`${namespace}${queue}`, { key: "another" }).createSender(queue);
    await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject({ code: "UnauthorizedAccess" });
  });

  test("is refused as unauthorized with a signature for another queue", async () => {
    const [mine, other] = [await bus.queue(), await bus.queue()];
    const sender = clientWithToken(`${namespace}${mine}`).createSender(other);
    await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject({ code: "UnauthorizedAccess" });
  });

  test("may send and receive on one connection over many links at once", async () => {
    const client = bus.newClient();
    const queues = await Promise.all(Array.from({ length: 20 }, () => bus.queue()));
    await Promise.all(queues.map((queue) => client.createSender(queue).sendMessages({ body: queue })));
    const received = await Promise.all(queues.map((queue) => one(client.createReceiver(queue))));
    expect(received.map((message): unknown => message.body)).toEqual(queues);
  });

  test("finds an entity whatever the case of its name", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue.toUpperCase()).sendMessages({ body: "any case" });
    expect((await one(bus.client.createReceiver(queue))).body).toBe("any case");
  });
});

test("a client that does not wait for the answers to its first frames is answered all the same", async (context) => {
  const broker = embeddedBroker(bus, context, "elsewhere the port may want TLS");
  const socket = connect(broker.port, "127.0.0.1");
  let answers = Buffer.alloc(0);
  socket.on("data", (bytes) => (answers = Buffer.concat([answers, bytes])));
  socket.write(opened());
  const begin = hex("00 53 11");
  await eventually(() => expect(answers.includes(begin)).toBe(true));
  socket.destroy();
});
