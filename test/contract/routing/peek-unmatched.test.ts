import { afterAll, beforeAll, expect, test } from "vitest";
import { entities } from "../../../shared/bus/topology.ts";
import { carryMessage } from "../../../shared/routing/carrier.ts";
import { peekUnmatched } from "../../../shared/routing/decision/unmatched.ts";
import { sampleSchema, toRouted } from "../../../shared/routing/serving/sample.ts";
import { openBus, type Bus } from "../../support/bus.ts";
import { entitiesInside } from "../../support/entities.ts";

let bus: Bus;

beforeAll(async () => {
  bus = await openBus({});
  if (bus.embedded) await entitiesInside(bus.embedded.namespace).createQueue(entities.routerUnmatched, {});
});

afterAll(() => bus.close());

test("messages that wait unmatched are read and stay, and what somebody else put there is passed over", async () => {
  const sender = bus.client.createSender(entities.routerUnmatched);
  const routed = (id: string) => {
    const message = toRouted("default", sampleSchema.parse({ inbound: "events", body: { id } }), 0);
    return { ...message, pass: { ...message.pass, logicalId: id.repeat(32) } };
  };
  const ours = ["a", "b", "c"].map(routed);
  const foreign = [{ body: "who?" }, { body: "no", applicationProperties: { interrole: "0|" } }];
  const carried = ours.map((message) => ({ ...carryMessage(message), body: message.body }));
  await sender.sendMessages([...foreign, ...carried]);
  await sender.close();
  const peek = (limit: number) => peekUnmatched(() => bus.newClient(), limit);
  const bodies = async (limit: number) => (await peek(limit)).map(({ body }) => body.toString());
  expect(await bodies(10)).toEqual(['{"id":"a"}', '{"id":"b"}', '{"id":"c"}']);
  expect(await bodies(2)).toEqual(['{"id":"a"}', '{"id":"b"}']);
  expect((await peek(10))[0]).toEqual(ours[0]);
});
