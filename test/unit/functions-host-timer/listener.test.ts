import { beforeEach, describe, expect, it } from "vitest";
import type { InvocationRequest, Invoker, Listener } from "../../../local/functions/core/listener.ts";
import { createListener } from "../../../local/functions/timer/listener.ts";
import { ManualClock } from "../../../local/servicebus/clock.ts";
import { settingsOf } from "../../support/app-settings.ts";

const secondMs = 1_000;
const minuteMs = 60_000;

interface Call {
  readonly request: InvocationRequest;
  readonly atMs: number;
  end(error?: Error): Promise<void>;
}

let clock: ManualClock;
let calls: Call[];

beforeEach(() => {
  clock = new ManualClock(new Date(2030, 0, 1).getTime());
  calls = [];
});

const invoker: Invoker = {
  invoke: (_name, request) =>
    new Promise((resolve, reject) => {
      calls.push({
        request,
        atMs: clock.now(),
        end: async (error) => {
          if (error) reject(error);
          else resolve({ outputData: [] });
          await settled();
        },
      });
    }),
};

/** Lets everything go on that waits for what has already happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function timer(binding: Record<string, unknown>, env: Record<string, string> = {}): Listener {
  const settings = settingsOf({ env });
  const trigger = { name: "myTimer", type: "timerTrigger", direction: "in" as const, ...binding };
  const metadata = { name: "tick", functionId: "1", bindings: { myTimer: trigger } };
  const options = { settings, hostJson: settings.hostJson, invoker, log: () => undefined };
  return createListener(metadata, trigger, options, clock);
}

function infoOf(call: Call | undefined): unknown {
  return JSON.parse(call?.request.inputData[0]?.data.json ?? "null");
}

function secondsSinceStart(): number[] {
  return calls.map(({ atMs }) => (atMs - new Date(2030, 0, 1).getTime()) / secondMs);
}

describe("a timer", () => {
  it("calls its function when the time has come, again and again", async () => {
    await timer({ schedule: "*/10 * * * * *" }).start();
    for (let tick = 0; tick < 3; tick++) {
      clock.advance(10 * secondMs);
      await calls.at(-1)?.end();
    }
    expect(secondsSinceStart()).toEqual([10, 20, 30]);
  });

  it("finds its schedule in a setting", async () => {
    await timer({ schedule: "%EVERY%" }, { EVERY: "00:00:05" }).start();
    clock.advance(5 * secondMs);
    expect(calls).toHaveLength(1);
  });

  it("is refused when its schedule is none", () => {
    expect(() => timer({ schedule: "now and then" })).toThrow(/was not recognized/);
    expect(() => timer({})).toThrow(/Timer trigger: schedule/);
    expect(() => timer({ schedule: "%NOPE%" })).toThrow("'%NOPE%' does not resolve to a value.");
  });

  it("never runs twice at a time, and makes up for a time that passed during a call", async () => {
    await timer({ schedule: "*/10 * * * * *" }).start();
    clock.advance(35 * secondMs);
    expect(secondsSinceStart()).toEqual([10]);
    await calls[0]?.end();
    clock.advance(0);
    expect(secondsSinceStart()).toEqual([10, 35]);
    await calls[1]?.end();
    clock.advance(5 * secondMs);
    expect(secondsSinceStart()).toEqual([10, 35, 40]);
  });

  it("goes on after a call that failed", async () => {
    await timer({ schedule: "*/10 * * * * *" }).start();
    clock.advance(10 * secondMs);
    await calls[0]?.end(new Error("broken"));
    clock.advance(10 * secondMs);
    expect(calls).toHaveLength(2);
  });

  it("calls at the start too when asked to, and only at the first", async () => {
    const listener = timer({ schedule: "0 0 * * * *", runOnStartup: true });
    await listener.start();
    clock.advance(1);
    expect(calls).toHaveLength(1);
    await calls[0]?.end();
    listener.pause();
    await listener.start();
    clock.advance(1);
    expect(calls).toHaveLength(1);
  });
});

describe("what the function is told", () => {
  it("is the schedule, its status and that it is in time", async () => {
    await timer({ schedule: "0 */5 * * * *" }).start();
    clock.advance(5 * minuteMs);
    expect(infoOf(calls[0])).toEqual({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: "0001-01-01T00:00:00+00:00",
        Next: expect.stringMatching(/^2030-01-01T00:05:00[+-]\d\d:\d\d$/),
        LastUpdated: "0001-01-01T00:00:00+00:00",
      },
      IsPastDue: false,
    });
    expect(calls[0]?.request.triggerMetadata).toEqual({ TimerTrigger: { string: "01/01/2030 00:05:00" } });
    await calls[0]?.end();
    clock.advance(5 * minuteMs);
    expect(infoOf(calls[1])).toMatchObject({
      ScheduleStatus: {
        Last: expect.stringMatching(/^2030-01-01T00:05:00/),
        Next: expect.stringMatching(/^2030-01-01T00:10:00/),
      },
    });
  });

  it.each([
    ["useMonitor is off", { schedule: "0 */5 * * * *", useMonitor: false }],
    ["it comes more than once a minute", { schedule: "*/20 * * * * *" }],
    ["its interval is under a minute", { schedule: "00:00:30" }],
  ])("holds no status when %s", async (_why, binding) => {
    await timer(binding).start();
    clock.advance(5 * minuteMs);
    expect(infoOf(calls[0])).toMatchObject({ ScheduleStatus: null });
  });

  it("says of an interval that summer time does not move it", async () => {
    await timer({ schedule: "00:05:00" }).start();
    clock.advance(5 * minuteMs);
    expect(infoOf(calls[0])).toMatchObject({ Schedule: { AdjustForDST: false } });
  });
});

describe("a paused timer", () => {
  it("makes no call, and afterwards one that is past due", async () => {
    const listener = timer({ schedule: "0 */5 * * * *" });
    await listener.start();
    listener.pause();
    expect(listener.state).toBe("paused");
    clock.advance(12 * minuteMs);
    expect(calls).toHaveLength(0);
    await listener.start();
    clock.advance(0);
    expect(calls).toHaveLength(1);
    expect(infoOf(calls[0])).toMatchObject({ IsPastDue: true });
    await calls[0]?.end();
    clock.advance(3 * minuteMs);
    expect(infoOf(calls[1])).toMatchObject({ IsPastDue: false });
  });

  it("makes up for nothing when it is not watched", async () => {
    const listener = timer({ schedule: "0 */5 * * * *", useMonitor: false });
    await listener.start();
    listener.pause();
    clock.advance(12 * minuteMs);
    await listener.start();
    clock.advance(2 * minuteMs);
    expect(calls).toHaveLength(0);
    clock.advance(minuteMs);
    expect(secondsSinceStart()).toEqual([15 * 60]);
  });

  it("does not plan anew while its last call is still under way", async () => {
    const listener = timer({ schedule: "0 */5 * * * *" });
    await listener.start();
    clock.advance(5 * minuteMs);
    listener.pause();
    await listener.start();
    clock.advance(20 * minuteMs);
    expect(calls).toHaveLength(1);
  });
});

describe("a stopped timer", () => {
  it("waits for its call, makes no more and does not start again", async () => {
    const listener = timer({ schedule: "0 */5 * * * *" });
    await listener.start();
    clock.advance(5 * minuteMs);
    let isStopped = false;
    const stopping = listener.stop(minuteMs).then(() => (isStopped = true));
    await settled();
    expect(isStopped).toBe(false);
    await calls[0]?.end();
    await stopping;
    clock.advance(20 * minuteMs);
    expect(calls).toHaveLength(1);
    expect(listener.state).toBe("stopped");
    await expect(listener.start()).rejects.toThrow("has been stopped");
  });

  it("gives up waiting when the time to drain is over", async () => {
    const listener = timer({ schedule: "0 */5 * * * *" });
    await listener.start();
    clock.advance(5 * minuteMs);
    await listener.stop(0);
    expect(listener.state).toBe("stopped");
  });
});
