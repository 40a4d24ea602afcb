import { expect, test } from "vitest";
import { Outbox } from "../../../shared/bus/outbox.ts";
import { announce } from "../../../shared/recycle/announce.ts";
import { notificationSchema, type Notification } from "../../../shared/recycle/message.ts";
import { busClient, type Sent } from "../../support/bus-client.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const notification: Notification = {
  type: "recycle",
  operation: "0123456789abcdef0123456789abcdef",
  from: "deployment",
  roles: ["web"],
  tag: "",
};

async function announced(facts: Partial<Notification>): Promise<Sent[]> {
  const sent: Sent[] = [];
  const outbox = new Outbox(() => busClient((one) => void sent.push(one)), new ManualClock());
  await announce(outbox, { ...notification, ...facts });
  await announce(outbox, { ...notification, ...facts });
  return sent;
}

test("everybody is told with one message, which carries what the asker said", async () => {
  const [sent] = await announced({ tag: "v2", data: [1] });
  expect(sent?.entity).toBe("control");
  expect(notificationSchema.parse(sent?.body)).toEqual({ ...notification, tag: "v2", data: [1] });
});

test("a notification for one role names it, so that the broker spares the others; one for several is for everybody", async () => {
  expect((await announced({}))[0]?.message.applicationProperties).toEqual({ role: "web" });
  expect((await announced({ roles: ["api", "web"] }))[0]?.message.applicationProperties).toEqual({
    role: "*",
  });
});

test("one that is sent again is another message: the broker must not take it for a repeat", async () => {
  const [one, two] = await announced({});
  expect(one?.message.messageId).not.toBe(two?.message.messageId);
  expect(String(one?.message.messageId).length).toBeLessThanOrEqual(128);
});

test.each([
  { ...notification, extra: 1 },
  { ...notification, type: "restart" },
  { ...notification, operation: "a/b" },
  {},
  null,
])("a message of another shape is none: %o", (value) => {
  expect(notificationSchema.safeParse(value).success).toBe(false);
});
