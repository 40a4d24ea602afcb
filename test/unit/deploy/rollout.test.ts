import { describe, expect, test } from "vitest";
import { planWaves, rollOut, type DeployedInstance } from "../../../infra/deploy/rollout.ts";

const instancesOf = (role: string, count: number): DeployedInstance[] =>
  Array.from({ length: count }, (_, number) => ({
    id: `${role}-${number}`,
    role,
    appName: `func-${role}-${number}`,
  }));

const idsOf = (waves: readonly (readonly DeployedInstance[])[]) =>
  waves.map((wave) => wave.map(({ id }) => id));

describe("a rollout", () => {
  test("takes one instance of a small role at a time, of all roles together", () => {
    expect(idsOf(planWaves([...instancesOf("web", 2), ...instancesOf("api", 1)]))).toEqual([
      ["web-0", "api-0"],
      ["web-1"],
    ]);
  });

  test("takes a quarter of a large role at a time", () => {
    expect(planWaves(instancesOf("web", 10)).map(({ length }) => length)).toEqual([2, 2, 2, 2, 2]);
    expect(planWaves(instancesOf("web", 100)).map(({ length }) => length)).toEqual([25, 25, 25, 25]);
  });

  test("begins a wave when the one before is done", async () => {
    const done: string[] = [];
    await rollOut(instancesOf("web", 2), async ({ id }) => {
      const before = [...done];
      await Promise.resolve();
      done.push(`${id} after ${before.join() || "nobody"}`);
    });
    expect(done).toEqual(["web-0 after nobody", "web-1 after web-0 after nobody"]);
  });

  test("ends with the wave in which somebody fails, and says all that failed in it", async () => {
    const asked: string[] = [];
    const rollingOut = rollOut([...instancesOf("web", 2), ...instancesOf("api", 1)], async ({ id }) => {
      asked.push(id);
      await Promise.reject(new Error(`${id} is broken`));
    });
    await expect(rollingOut).rejects.toMatchObject({
      message: "2 of 2 deployments failed",
      errors: [new Error("web-0 is broken"), new Error("api-0 is broken")],
    });
    expect(asked).toEqual(["web-0", "api-0"]);
  });
});
