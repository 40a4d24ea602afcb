import { parseServiceBusConnectionString } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";

const bus = await openBus();
afterAll(() => bus.close());

const { endpoint } = parseServiceBusConnectionString(bus.connectionString);
const once = () => bus.newClient({ retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } });

/** What a client is told of an entity that is missing: the URL under which it asked. */
function missing(path: string): { code: string; message: unknown } {
  const url = `${endpoint.replace(/\/?$/, "/")}${path}`;
  return {
    code: "MessagingEntityNotFound",
    message: expect.stringContaining(`The messaging entity '${url}' could not be found.`),
  };
}

describe.concurrent("what is said of an entity that does not exist", () => {
  test("names the queue as the client did, whatever it wanted of it", async () => {
    const queue = bus.nameFor("Missing");
    const receiver = once().createReceiver(queue);
    await expect(receiver.receiveMessages(1)).rejects.toMatchObject(missing(queue));
    await expect(once().createSender(queue).sendMessages({ body: 1 })).rejects.toMatchObject(missing(queue));
  });

  test("names the subscription, of a topic that exists or of none", async () => {
    for (const topic of [await bus.topic(), bus.nameFor("missing")]) {
      const receiver = once().createReceiver(topic, "nobody");
      await expect(receiver.receiveMessages(1)).rejects.toMatchObject(
        missing(`${topic}/Subscriptions/nobody`),
      );
    }
  });

  test("is said to who accepts a session by its id", async () => {
    const queue = bus.nameFor("missing");
    await expect(once().acceptSession(queue, "any")).rejects.toMatchObject(missing(queue));
  });
});
