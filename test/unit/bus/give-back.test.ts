import { beforeEach, expect, test } from "vitest";
import { giveBack } from "../../../shared/bus/give-back.ts";
import { busLog } from "../../../shared/bus/log.ts";
import { Outbox } from "../../../shared/bus/outbox.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { Problem } from "../../../shared/kernel/problem.ts";
import { busClient, type Sent } from "../../support/bus-client.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { incomingWith } from "./incoming-with.ts";

let sent: Sent[];

beforeEach(() => {
  sent = [];
});

const asking = { replyTo: "replies", replyToSessionId: "me", correlationId: "c" };
const oftenTried = { applicationProperties: { interroleAttempt: 12 } };

async function give(error: unknown, facts: Parameters<typeof incomingWith>[0] = {}): Promise<string[]> {
  const clock = new ManualClock();
  const outbox = new Outbox(() => busClient((one) => void sent.push(one)), clock);
  const log = busLog(new Log({ instance: "web-0", role: "web" }, clock, () => undefined));
  await giveBack({ outbox, log }, "messages", incomingWith({ ...asking, ...facts }), error);
  return sent.map(({ entity }) => entity);
}

test("a message that can never work goes to `rejected`, and its asker is told", async () => {
  expect(await give(new Problem("session-closed", "It has ended"))).toEqual(["rejected", "replies"]);
  expect(sent[1]?.body).toMatchObject({
    type: "urn:interrole:problem:session-closed",
    detail: "It has ended",
  });
});

test.each([
  ["a problem that passes", new Problem("mailbox-full", "Full", { retryAfterSeconds: 5 })],
  ["a service that is away", new Problem("unavailable", "Away")],
  ["a bug or an outage", new Error("the table is away")],
])("a message that met %s comes again, and its asker waits", async (_what, error) => {
  expect(await give(error)).toEqual(["messages"]);
});

test("a message whose problem has not passed after many attempts is rejected, and its asker is told", async () => {
  const full = new Problem("mailbox-full", "Full", { retryAfterSeconds: 5 });
  expect(await give(full, oftenTried)).toEqual(["rejected", "replies"]);
});

test("a message whose handling always breaks is left to the broker to dead-letter", async () => {
  await expect(give(new Error("a bug"), oftenTried)).rejects.toThrow("a bug");
  expect(sent).toEqual([]);
});
