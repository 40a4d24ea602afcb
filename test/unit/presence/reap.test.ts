import { beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../shared/kernel/clock.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { presenceLog } from "../../../shared/presence/log.ts";
import { Mailboxes } from "../../../shared/presence/mailbox.ts";
import type { Member } from "../../../shared/presence/member.ts";
import { Reaper, type ReapTick } from "../../../shared/presence/reap.ts";
import { SessionRows } from "../../../shared/presence/session-rows.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";

const lost: Member = {
  id: "web-0",
  role: "web",
  url: "http://web-0",
  state: "lost",
  incarnation: "first-life",
  epoch: 1,
  lastSeen: "2026-01-01T00:00:10Z",
  tail: 0,
  reapedEpoch: 0,
};

let member: Member;
let ticks: ReapTick[];
let marked: number[];
let reaper: Reaper;

beforeEach(() => {
  member = lost;
  ticks = [];
  marked = [];
  reaper = new Reaper({
    mailboxes: new Mailboxes(new InMemoryTable()),
    rows: new SessionRows(new InMemoryTable()),
    readMembers: async () => [member],
    sendTick: async (tick) => void ticks.push(tick),
    publish: async () => undefined,
    markReaped: async (_role, _instance, epoch) => void marked.push(epoch),
    clock: systemClock,
    faults: noFaultPoints,
    log: presenceLog(new Log({ instance: "web-1", role: "web" }, systemClock, () => undefined)),
  });
});

const handleAll = async () => {
  for (const tick of ticks.splice(0)) await reaper.handle(tick);
};

describe("an instance that is lost", () => {
  test("is reaped when its grace time is over, and asked for once", async () => {
    await reaper.look([member]);
    await reaper.look([member]);
    expect(ticks).toHaveLength(1);
    await handleAll();
    expect(marked).toEqual([1]);
  });

  test("and came back in the meantime is not, although it is lost again just then", async () => {
    await reaper.look([member]);
    member = { ...lost, lastSeen: "2026-01-01T00:00:30Z" };
    await handleAll();
    expect(marked).toEqual([]);
    await reaper.look([member]);
    await handleAll();
    expect(marked).toEqual([1]);
  });
});

test("an instance that has restarted owes the sessions of its earlier lives", async () => {
  member = { ...lost, state: "ready", epoch: 3, reapedEpoch: 1 };
  await reaper.look([member]);
  expect(ticks).toMatchObject([{ epoch: 2 }]);
  member = { ...member, lastSeen: "2026-01-01T00:00:40Z" };
  await handleAll();
  expect(marked).toEqual([2]);
});
