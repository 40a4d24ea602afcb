import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ServiceBusClient } from "@azure/service-bus";
import { readConfig } from "../../../local/servicebus/config/read-config.ts";
import { administrationClient } from "../../support/entities.ts";
import { eventually } from "../../support/eventually.ts";
import { one } from "../../support/messages.ts";

const program = resolve(import.meta.dirname, "../../../dist/local/servicebus.js");
const running = new Set<Command>();
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "interrole-servicebus-"));
});
afterAll(async () => {
  for (const command of running) command.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

/** `npm run servicebus` without its build, as a process of its own. */
class Command {
  out = "";
  errors = "";
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout.on("data", (chunk) => (this.out += String(chunk)));
    this.#child.stderr.on("data", (chunk) => (this.errors += String(chunk)));
    running.add(this);
    this.ended = once(this.#child, "close").then(([code, signal]) => {
      running.delete(this);
      return { code, signal };
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The connection strings that it prints once it is ready. */
  async ready(): Promise<{ messages: string; administration: string }> {
    await eventually(() => this.out.includes("administration "), { withinMs: 20_000 });
    const [messages = "", administration = ""] = this.out.match(/Endpoint=\S+/g) ?? [];
    return { messages, administration };
  }
}

async function file(name: string, content: unknown): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const anyPorts = ["--port", "0", "--admin-port", "0"];

describe("npm run servicebus", () => {
  test("runs a broker with what a Config.json names until it is told to stop", async () => {
    const config = `{ // a comment
      "UserConfig": { "Namespaces": [{ "Name": "n", "Queues": [{ "Name": "from.the.file", }] }] } }`;
    const command = new Command("--config", await file("config.json", config), ...anyPorts);
    const { messages, administration } = await command.ready();
    expect(command.out).toContain("everything is kept in memory");
    await using client = disposable(new ServiceBusClient(messages));
    await client.client.createSender("from.the.file").sendMessages({ body: "works" });
    expect((await one(client.client.createReceiver("from.the.file"))).body).toBe("works");
    expect(await administrationClient(administration).queueExists("from.the.file")).toBe(true);
    command.kill("SIGTERM");
    expect(await command.ended).toEqual({ code: 0, signal: null });
    expect(command.out).toContain("Service Bus has stopped.");
    expect(command.errors).toBe("");
  });

  test("makes the topology's entities for the instances that are named, and stops on Ctrl-C", async () => {
    const topology = resolve(import.meta.dirname, "../../../infra/topology.json");
    const command = new Command("--config", topology, "--instances", "web=2,api=1", ...anyPorts);
    const { administration } = await command.ready();
    const names: string[] = [];
    for await (const { subscriptionName } of administrationClient(administration).listSubscriptions(
      "control",
    )) {
      names.push(subscriptionName);
    }
    expect(names).toEqual(["api-0", "web-0", "web-1"]);
    command.kill("SIGINT");
    expect(await command.ended).toEqual({ code: 0, signal: null });
  });

  test("prints the topology as a file for the official emulator", async () => {
    const topology = resolve(import.meta.dirname, "../../../infra/topology.json");
    const command = new Command("--config", topology, "--print-emulator-config");
    expect(await command.ended).toEqual({ code: 0, signal: null });
    expect(readConfig(command.out).warnings).toEqual([]);
  });

  test("says which port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const command = new Command("--port", "0", "--admin-port", `${port}`);
    expect((await command.ended).code).toBe(2);
    expect(command.errors).toContain(`Port ${port} is taken`);
    server.close();
  });

  test("says in a line what is wrong with its file, and does not start", async () => {
    const lock = { Name: "q", Properties: { LockDuration: "PT9M" } };
    const config = { UserConfig: { Namespaces: [{ Name: "n", Queues: [lock] }] } };
    const command = new Command("--config", await file("lock.json", config), ...anyPorts);
    expect((await command.ended).code).toBe(2);
    expect(command.errors).toMatch(/LockDuration: "PT9M" is out of bounds; allowed is PT5S to PT5M\n$/);
    expect(command.out).toBe("");
  });
});

function disposable(client: ServiceBusClient) {
  return { client, [Symbol.asyncDispose]: () => client.close() };
}
