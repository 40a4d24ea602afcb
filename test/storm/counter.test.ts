import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createBroker, type Broker } from "../../local/servicebus/broker.ts";
import { loadConfig } from "../../local/servicebus/config/load-config.ts";
import { WebCounter } from "../../shared/counter/web-counter.ts";

const processCount = 8;
const callers = 32;
/** A kill every so often, and every third time all connections are cut, too. */
const strikeEveryMs = 3_000;

const folder = ".local/storm-counter";
const lineSchema = z.object({
  asked: z.string().optional(),
  key: z.string().optional(),
  value: z.string().optional(),
  epoch: z.number().optional(),
  unknown: z.boolean().optional(),
});

let broker: Broker;

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: ["test/support/counter/storm-process.ts"],
    outfile: `${folder}/process.js`,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
  });
  const { config } = await loadConfig("infra/topology.json", []);
  broker = await createBroker({ config, adminPort: false });
});

afterAll(async () => {
  await broker.close();
  await rm(folder, { recursive: true, force: true });
});

/** Eight processes of which one after the other is killed and replaced, until so many numbers are taken. */
class Storm {
  readonly files: string[] = [];
  readonly #mode: "keyed" | "plain";
  readonly #children = new Set<ChildProcess>();
  kills = 0;
  cuts = 0;

  constructor(mode: "keyed" | "plain") {
    this.#mode = mode;
    for (let index = 0; index < processCount; index += 1) this.#start();
  }

  async until(numbers: number): Promise<void> {
    while (this.lines().filter(({ value }) => value !== undefined).length < numbers) {
      await new Promise((resolve) => setTimeout(resolve, strikeEveryMs));
      await this.#strike();
    }
    await Promise.all([...this.#children].map((child) => end(child)));
  }

  lines() {
    return this.files.flatMap((file) =>
      (existsSync(file) ? readFileSync(file, "utf8") : "")
        .split("\n")
        // A line that its process was killed in the middle of was never followed by another request.
        .filter((line) => line.endsWith("}"))
        .map((line) => lineSchema.parse(JSON.parse(line))),
    );
  }

  #start(): void {
    const prefix = `${this.#mode}-${this.files.length}`;
    const file = `${folder}/${prefix}.log`;
    this.files.push(file);
    const args = [broker.connectionString, file, String(callers), String(this.#mode === "keyed"), prefix];
    this.#children.add(fork(`${folder}/process.js`, args));
  }

  async #strike(): Promise<void> {
    const [first] = this.#children;
    if (!first) return;
    const gone = once(first, "exit");
    first.kill("SIGKILL");
    await gone;
    this.#children.delete(first);
    this.kills += 1;
    this.#start();
    if (this.kills % 3 !== 0) return;
    this.cuts += 1;
    broker.dropConnections();
  }
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.send("end");
  expect(await gone).toEqual([0, null]);
}

describe("8 processes of 32 callers, killed one after the other, with connections cut", () => {
  test("take 100,000 numbers: none twice, and no gap but of callers that died", async () => {
    const storm = new Storm("plain");
    await storm.until(100_000);
    const lines = storm.lines();
    const values = lines.flatMap(({ value }) => (value === undefined ? [] : [Number(value)]));
    const highest = values.reduce((most, value) => Math.max(most, value), 0);
    const gaps = highest - values.length;
    const unknown = lines.filter((line) => line.unknown).length;
    console.log({ numbers: values.length, gaps, unknown, kills: storm.kills, cuts: storm.cuts });
    expect(new Set(values).size).toBe(values.length);
    expect(gaps).toBeLessThanOrEqual(storm.kills * callers + unknown);
    expect(storm.kills).toBeGreaterThan(2);
  });

  test("take 10,000 with keys that are asked for again: exactly 1 to N", async () => {
    const storm = new Storm("keyed");
    await storm.until(10_000);
    const lines = storm.lines();
    const answered = new Map(
      lines.flatMap(({ key, value }) => (key && value ? [[key, value] as const] : [])),
    );
    const unanswered = lines.flatMap(({ asked }) => (asked && !answered.has(asked) ? [asked] : []));
    await using counter = new WebCounter(broker.connectionString, "storm", "keyed");
    let found = 0;
    for (const key of new Set(unanswered)) {
      const { value, isRepeated } = await counter.getNext(1, { key });
      if (isRepeated) found += 1;
      answered.set(key, String(value));
    }
    const values = [...answered.values()].map(Number).sort((a, b) => a - b);
    console.log({
      numbers: values.length,
      unanswered: unanswered.length,
      found,
      kills: storm.kills,
      cuts: storm.cuts,
    });
    expect(values).toEqual(Array.from(values, (_, index) => index + 1));
  });
});
