import { once } from "node:events";
import { createServer } from "node:net";

import { describe, expect, test } from "vitest";

import { isFree, Ports, PortTakenError } from "../../../local/fleet/ports.ts";

/** A listener on a free port, closed at the end of its block. */
async function listener() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The listener has no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  await using taken = await listener();
  return taken.port;
}

describe("choosing ports", () => {
  test("takes the preferred port when it is free", async () => {
    const preferred = await freePort();
    expect(await new Ports().choose({ preferred }, "--port")).toBe(preferred);
  });

  test("falls back to another free port when the preferred one is taken", async () => {
    await using taken = await listener();
    const port = await new Ports().choose({ preferred: taken.port }, "--port");
    expect(port).not.toBe(taken.port);
    expect(await isFree(port)).toBe(true);
  });

  test("refuses a given port that is taken, and names the option", async () => {
    await using taken = await listener();
    const refused = new Ports().choose({ given: taken.port }, "--tables-port");
    await expect(refused).rejects.toBeInstanceOf(PortTakenError);
    await expect(refused).rejects.toThrow(
      `Port ${taken.port} is taken. Free it, or give another with --tables-port`,
    );
  });

  test("takes any free port when 0 is given, and none twice", async () => {
    const ports = new Ports();
    const chosen = await Promise.all(Array.from({ length: 20 }, () => ports.choose({ given: 0 }, "--port")));
    expect(new Set(chosen).size).toBe(20);
    expect(chosen).not.toContain(0);
  });

  test("does not hand out one preferred port twice", async () => {
    const preferred = await freePort();
    const ports = new Ports();
    const [first, second] = await Promise.all([
      ports.choose({ preferred }, "--port"),
      ports.choose({ preferred }, "--port"),
    ]);
    expect(first).not.toBe(second);
  });
});
