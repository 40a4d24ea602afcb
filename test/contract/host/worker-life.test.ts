import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { startFixture, type FixtureHost } from "../../support/host.ts";

const modes = [
  { mode: "buffered", env: {} },
  { mode: "streaming", env: { STREAMING: "1" } },
];
async function pidOf(fixture: FixtureHost): Promise<number> {
  const answer: { pid: number } = JSON.parse(await (await fixture.fetch("/api/pid")).text());
  return answer.pid;
}

describe.concurrent.each(modes)("a worker that ends, $mode", ({ env }) => {
  test("fails the requests that it was working on, and no others", async () => {
    await using fixture = await startFixture("http", { env });
    const pid = await pidOf(fixture);
    const slow = fixture.fetch("/api/slow/60000");
    await fixture.untilLine(JSON.stringify({ slow: "begun" }));
    process.kill(pid, "SIGKILL");
    expect((await slow).status).toBe(500);
    expect(await pidOf(fixture)).not.toBe(pid);
    expect(fixture.events).toContainEqual(
      expect.objectContaining({ kind: "worker-exited", pid, signal: "SIGKILL", meaning: "error" }),
    );
    await fixture.untilLogged(`Worker ${pid} ended with signal SIGKILL: counted as an error.`);
  });

  test("may end in the middle of a call without harming the next", async () => {
    await using fixture = await startFixture("http", { env, timings: { maxErrors: 10 } });
    expect((await fixture.fetch("/api/exit-now")).status).toBe(500);
    expect((await fixture.fetch("/api/text")).status).toBe(200);
  });

  test("loses no request that none of its code has seen", async () => {
    await using fixture = await startFixture("http", { env, timings: { maxErrors: 100 } });
    const outcomes: number[] = [];
    const clientCount = 4;
    const rounds = 3;
    const isOver = new AbortController();
    const clients = Array.from({ length: clientCount }, async () => {
      while (!isOver.signal.aborted) outcomes.push((await fixture.fetch("/api/text")).status);
    });
    for (let round = 0; round < rounds; round += 1) {
      const pid = fixture.host.workerPid;
      await fixture.fetch("/api/exit/200");
      await fixture.untilOtherWorker(pid);
    }
    isOver.abort();
    await Promise.all(clients);
    // A call that was running when the process ended has failed; there are at most as many as clients, for each end.
    expect(outcomes.filter((status) => status !== 200 && status !== 500)).toEqual([]);
    expect(outcomes.filter((status) => status === 500).length).toBeLessThanOrEqual(rounds * clientCount);
    expect(outcomes.filter((status) => status === 200).length).toBeGreaterThan(rounds * clientCount);
  });

  test("after a function that ran too long is killed and replaced, and not counted as failed", async () => {
    await using fixture = await startFixture("http", {
      env: { ...env, AzureFunctionsJobHost__functionTimeout: "00:00:02" },
      timings: { maxErrors: 0 },
    });
    const pid = fixture.host.workerPid;
    expect((await fixture.fetch("/api/stuck")).status).toBe(500);
    expect(await fixture.untilOtherWorker(pid)).not.toBe(pid);
    expect(fixture.events).toContainEqual(
      expect.objectContaining({ kind: "worker-exited", pid, meaning: "timeout" }),
    );
    await fixture.untilLogged("Timeout value of 2000 ms exceeded by function 'Functions.stuck'");
  });
});

describe.concurrent("a worker that ends", () => {
  test.each([
    { what: "exit code 200", path: "exit/200", meaning: "intended", level: "information" },
    { what: "exit code 0", path: "exit/0", meaning: "zero", level: "error" },
    { what: "exit code 3", path: "exit/3", meaning: "error", level: "error" },
    { what: "an uncaught exception", path: "crash", meaning: "error", level: "error" },
  ])("with $what is replaced, and requests wait for the next one", async ({ path, meaning, level }) => {
    await using fixture = await startFixture("http");
    const before = await pidOf(fixture);
    expect(fixture.host.workerPid).toBe(before);
    expect((await fixture.fetch(`/api/${path}`)).status).toBe(202);
    await eventually(() => fixture.events.some(({ kind }) => kind === "worker-exited"));
    const after = await pidOf(fixture);
    expect(after).not.toBe(before);
    const exit = fixture.events.find(({ kind }) => kind === "worker-exited");
    expect(exit).toMatchObject({ pid: before, meaning });
    expect((await fixture.untilLogged(`Worker ${before} ended`)).level).toBe(level);
    expect(fixture.events.map(({ kind }) => kind)).toEqual([
      "worker-started",
      "ready",
      "worker-exited",
      "worker-started",
      "ready",
    ]);
  });
});

describe.concurrent("a host whose worker keeps failing", () => {
  test("stops by itself after more errors than it may have", async () => {
    await using fixture = await startFixture("http", { timings: { maxErrors: 2 } });
    for (let error = 1; error <= 3; error += 1) {
      const pid = fixture.host.workerPid;
      expect(fixture.host.state).toBe("running");
      await fixture.fetch("/api/exit/1");
      if (error <= 2) await fixture.untilOtherWorker(pid);
    }
    const failure = await fixture.host.stopped;
    expect(failure?.message).toContain("ended with an error 3 times within 30 minutes; the limit is 2");
    expect(fixture.events.at(-1)).toEqual({ kind: "error", message: failure?.message });
    await expect(fixture.fetch("/api/text")).rejects.toThrow("fetch failed");
  });

  test("neither counts a worker that wanted to be restarted nor makes it wait", async () => {
    const timings = { maxErrors: 0, errorRestartMs: 600_000 };
    await using fixture = await startFixture("http", { timings });
    for (let round = 0; round < 3; round += 1) {
      const pid = fixture.host.workerPid;
      await fixture.fetch("/api/exit/200");
      await fixture.untilOtherWorker(pid);
    }
    expect(fixture.host.state).toBe("running");
  });

  test("tells loudly of a worker that ended with 0, and what to use instead", async () => {
    await using fixture = await startFixture("http");
    await fixture.fetch("/api/exit/0");
    const told = await fixture.untilLogged("Older hosts hang on exit code 0");
    expect(told.level).toBe("error");
    expect(told.message).toContain("Use 200 to be restarted");
  });

  test("forgets errors that are older than the window", async () => {
    await using fixture = await startFixture("http", { timings: { maxErrors: 1, errorWindowMs: 0 } });
    for (let round = 0; round < 2; round += 1) {
      const pid = fixture.host.workerPid;
      await fixture.fetch("/api/exit/1");
      await fixture.untilOtherWorker(pid);
    }
    expect(fixture.host.state).toBe("running");
  });

  test("does not start with an app that cannot be loaded, and says why", async () => {
    const starting = startFixture("lifecycle", { env: { FAIL_AT_LOAD: "1" }, timings: { maxErrors: 1 } });
    await expect(starting).rejects.toThrow("ended with an error 2 times");
  });

  test("starts when the fault goes away in time", async () => {
    const folder = await mkdtemp(join(tmpdir(), "host-"));
    try {
      await using fixture = await startFixture("lifecycle", {
        env: { CRASH_UNLESS: join(folder, "mended") },
      });
      expect(fixture.events.filter(({ kind }) => kind === "worker-started")).toHaveLength(2);
      expect((await fixture.fetch("/api/pid")).status).toBe(200);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("answers 503 when no worker comes in time", async () => {
    await using fixture = await startFixture("http", {
      timings: { errorRestartMs: 60_000, workerWaitMs: 50 },
    });
    await fixture.fetch("/api/exit/1");
    await eventually(() => fixture.host.state === "restarting");
    const response = await fixture.fetch("/api/text");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
  });
});
