import { describe, expect, test } from "vitest";
import type { SessionEvent, SessionView } from "../../../client/index.ts";
import { Intake } from "../../../client/intake.ts";

const message = (cursor: string, id = `m${cursor}`): SessionEvent => ({
  event: "message",
  id: cursor,
  data: { id, from: { sessionId: "s", userName: "ada" }, to: { session: "t" }, text: "x", sentAt: "" },
});

const reset = (cursor: string): SessionEvent => ({ event: "reset", id: cursor, data: { from: 1, to: 2 } });

const view = (sessionId: string, mood = "fine"): SessionView => ({
  sessionId,
  userName: sessionId,
  instanceId: "web-0",
  metadata: { mood },
  version: 1,
  state: "open",
});

describe("messages", () => {
  test("are taken once, however often they come", () => {
    const intake = new Intake();
    const taken = [message("1.0"), message("2.0"), message("1.0"), message("2.1", "m2.0"), message("3.1")];
    expect(taken.map((event) => intake.take(event))).toEqual([true, true, false, false, true]);
    expect(intake.lastEventId).toBe("3.1");
  });

  test("of long ago are forgotten, so that a client does not grow", () => {
    const intake = new Intake();
    for (let seq = 1; seq <= 5_000; seq += 1) intake.take(message(`${seq}.0`));
    expect([intake.take(message("4000.0")), intake.take(message("1.0"))]).toEqual([false, true]);
  });
});

describe("the cursor", () => {
  test("begins where another client ended, and only rises", () => {
    const intake = new Intake("7.3");
    expect(intake.lastEventId).toBe("7.3");
    intake.take(message("6.4"));
    expect(intake.lastEventId).toBe("7.4");
  });

  test("is unknown before the first message, and is acknowledged as nothing then", () => {
    expect([new Intake().lastEventId, new Intake().cursor]).toEqual([undefined, "0.0"]);
    expect(() => new Intake("last")).toThrow("must be the id of an event");
  });

  test("makes a reset of what was read say nothing", () => {
    const intake = new Intake("7.3");
    expect(["7.3", "5.1", "9.3", "9.3", "9.5"].map((id) => intake.take(reset(id)))).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
  });
});

test("the client list follows the events, and a snapshot replaces it", () => {
  const intake = new Intake();
  const names = () =>
    intake.list.all().map(({ sessionId, metadata }) => `${sessionId} ${String(metadata["mood"])}`);
  intake.take({ event: "snapshot", data: { sessions: [view("b"), view("a")] } });
  expect(names()).toEqual(["a fine", "b fine"]);
  intake.take({ event: "joined", data: view("c") });
  intake.take({ event: "updated", data: view("b", "tired") });
  intake.take({ event: "left", data: { ...view("a"), state: "closed", reason: "expired" } });
  expect(names()).toEqual(["b tired", "c fine"]);
  intake.take({ event: "snapshot", data: { sessions: [view("d")] } });
  expect(names()).toEqual(["d fine"]);
});
