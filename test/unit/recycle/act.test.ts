import { beforeEach, describe, expect, test } from "vitest";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { RecycleActor, type ActorParts } from "../../../shared/recycle/act.ts";
import { recycleLog } from "../../../shared/recycle/log.ts";
import type { Notification } from "../../../shared/recycle/message.ts";
import { ManualClock, turn } from "../../support/manual-clock.ts";

const notification: Notification = {
  type: "recycle",
  operation: "0123456789abcdef0123456789abcdef",
  from: "deployment",
  roles: ["web"],
  tag: "v2",
  data: { a: 1 },
};

let clock: ManualClock;
/** What happened, in order. */
let story: string[];
let isReleased: boolean;
let isToGo: boolean;
let isPassive: boolean;
let failures: string[];

beforeEach(() => {
  clock = new ManualClock();
  story = [];
  isReleased = true;
  isToGo = true;
  isPassive = false;
  failures = [];
});

function actor(parts: Partial<ActorParts> = {}): RecycleActor {
  const write = (line: string): void => {
    const { event }: { event: string } = JSON.parse(line);
    if (event !== "recycle.notified") story.push(event);
  };
  return new RecycleActor({
    operation: {
      isReleased: async () => isReleased,
      acknowledge: async () => isToGo,
      fail: async (_operation, reason) => void failures.push(reason),
    },
    process: {
      drain: async (reason) => void story.push(`drain: ${reason}`),
      end: async () => void story.push("end"),
      resume: async (reason) => void story.push(`resume: ${reason}`),
    },
    mode: { kind: "end-worker" },
    onRecycleMs: 60_000,
    onRecycle: ({ tag }) => void story.push(`onRecycle ${tag}`),
    isPassive: () => isPassive,
    clock,
    faults: noFaultPoints,
    log: recycleLog(new Log({ instance: "web-0", role: "web" }, clock, write)),
    ...parts,
  });
}

/** Hands the notification over and waits until all that follows from it has happened. */
async function tell(one: RecycleActor, times = 1): Promise<void> {
  await Promise.all(Array.from({ length: times }, () => one.handle(notification)));
  await one.done();
}

const drained = "drain: recycle asked for by deployment (v2)";

describe("an instance that is meant", () => {
  test("acknowledges, lets its application save what it must, drains and ends", async () => {
    await tell(actor());
    expect(story).toEqual(["recycle.acknowledged", "onRecycle v2", drained, "end"]);
    expect(failures).toEqual([]);
  });

  test("lets its message be settled as soon as it has acknowledged", async () => {
    let save = (): void => undefined;
    const onRecycle = () => new Promise<void>((resolve) => (save = resolve));
    const one = actor({ onRecycle });
    await one.handle(notification);
    expect(story).toEqual(["recycle.acknowledged"]);
    save();
    await one.done();
    expect(story.at(-1)).toBe("end");
  });

  test("goes without its application when that hangs", async () => {
    const one = actor({ onRecycle: () => new Promise(() => undefined) });
    await one.handle(notification);
    await clock.advance(60_000);
    await one.done();
    expect(story).toEqual(["recycle.acknowledged", "recycle.hook-timed-out", drained, "end"]);
    expect(failures).toEqual([]);
  });

  test("acts once, however often it is told at the same time", async () => {
    const one = actor();
    await tell(one, 3);
    await tell(one);
    expect(story.filter((event) => event === "end")).toHaveLength(1);
  });

  test("acts for another operation later on", async () => {
    const one = actor({ mode: { kind: "log-only" } });
    await tell(one);
    await one.handle({ ...notification, operation: "f".repeat(32) });
    await one.done();
    expect(story.filter((event) => event === "recycle.log-only")).toHaveLength(2);
  });
});

describe("an instance stays in service", () => {
  test("when the operation does not list this process as released", async () => {
    isReleased = false;
    await tell(actor());
    expect(story).toEqual(["recycle.not-meant"]);
  });

  test("when a driver has answered in its place", async () => {
    isToGo = false;
    await tell(actor());
    expect(story).toEqual(["recycle.answered-for-us"]);
  });

  test("when another process has taken over", async () => {
    isPassive = true;
    await tell(actor());
    expect(story).toEqual([]);
  });

  test("when its application refuses, and the operation is told why", async () => {
    const one = actor({
      onRecycle: () => {
        throw new Error("in the middle of something");
      },
    });
    await tell(one);
    expect(failures).toEqual(["in the middle of something"]);
    expect(story).toEqual(["recycle.acknowledged", "recycle.failed"]);
    await tell(one);
    expect(failures).toHaveLength(1);
  });

  test("in the mode log-only, and the operation is told so", async () => {
    await tell(actor({ mode: { kind: "log-only" } }));
    expect(failures).toEqual(["RECYCLE_MODE is log-only on this instance: it acknowledged and stayed"]);
    expect(story).toEqual(["recycle.acknowledged", "onRecycle v2", "recycle.log-only"]);
  });

  test("even when the operation cannot be told", async () => {
    const operation: ActorParts["operation"] = {
      isReleased: async () => true,
      acknowledge: async () => true,
      fail: () => Promise.reject(new Error("the table is away")),
    };
    await tell(actor({ mode: { kind: "log-only" }, operation }));
    expect(story).not.toContain("end");
    expect(story.filter((event) => event === "recycle.failed")).toHaveLength(2);
  });
});

describe("in the mode restart-app", () => {
  test("the platform is asked, and the worker ends only if it has not been ended for two minutes", async () => {
    const mode = { kind: "restart-app", restart: async () => void story.push("restart") } as const;
    const one = actor({ mode });
    await one.handle(notification);
    await turn();
    expect(story.slice(2)).toEqual([drained, "restart", "recycle.restart-asked"]);
    await clock.advance(119_999);
    expect(story).not.toContain("end");
    await clock.advance(1);
    await one.done();
    expect(story.at(-1)).toBe("end");
  });

  test("the instance serves again when the platform refuses, and the operation is told", async () => {
    const mode = { kind: "restart-app", restart: () => Promise.reject(new Error("403")) } as const;
    await tell(actor({ mode }));
    expect(story.slice(2)).toEqual([drained, "resume: the restart was refused: 403", "recycle.failed"]);
    expect(failures).toEqual(["403"]);
  });
});

test("an outage while it looks is the message's to bring again", async () => {
  const operation: ActorParts["operation"] = {
    isReleased: () => Promise.reject(new Error("the table is away")),
    acknowledge: async () => true,
    fail: async () => undefined,
  };
  await expect(actor({ operation }).handle(notification)).rejects.toThrow("the table is away");
  expect(story).toEqual([]);
});
