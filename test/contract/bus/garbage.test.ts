import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { embeddedBroker, openBus } from "../../support/bus.ts";
import { request } from "../../support/management.ts";
import { one } from "../../support/messages.ts";
import {
  amqpHeader,
  boastfulLists,
  endlessArray,
  frame,
  hex,
  list,
  no,
  nothing,
  opened,
  performative,
  saslHeader,
  text,
  uint,
  yes,
} from "../../support/raw-frames.ts";

const bus = await openBus();
afterAll(() => bus.close());

/** What a stranger may write to the port. */
const garbage: [string, Buffer][] = [
  ["nothing at all", Buffer.alloc(0)],
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ["the start of TLS", hex("16 03 01 02 00 01 00 01 fc 03 03")],
  ["zeros", Buffer.alloc(1_000)],
  ["noise", Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 256))],
  ["half a protocol header", amqpHeader.subarray(0, 3)],
  ["a version of AMQP that nobody speaks", hex("414d5150 00 09 09 09")],
  ["frames without SASL", Buffer.concat([amqpHeader, hex("00000008 02 00 0000")])],
  [
    "a frame that says it is smaller than its header",
    Buffer.concat([saslHeader, hex("00000003 02 01 0000")]),
  ],
  ["a frame that says it is enormous", Buffer.concat([saslHeader, hex("ffffffff 02 01 0000")])],
  ["half a frame", Buffer.concat([saslHeader, hex("00000100 02 01 0000 0053")])],
  ["a frame whose body is no AMQP type", Buffer.concat([saslHeader, hex("0000000c 02 01 0000 ffffffff")])],
  ["a frame of an unknown performative", Buffer.concat([saslHeader, hex("0000000c 02 01 0000 0053ee45")])],
  [
    "SASL with a mechanism that does not exist",
    Buffer.concat([saslHeader, hex("00000017 02 01 0000 005341c00a01a3074e4f4e53454e53")]),
  ],
  ["lists that say they hold more than there is memory for", attached(boastfulLists(300))],
  ["an array that says it has four thousand million elements", attached(endlessArray)],
  ["lists inside lists without end", attached(hex("d0".repeat(20_000)))],
  ["a link whose name is a list", attached(nothing, list())],
  ["a link with a handle that is text", attached(nothing, text("name"), text("handle"))],
  ["a message on a link that does not exist", said(performative(0x14, uint(7), uint(0), hex("a000")))],
  ["outcomes for every delivery there can be", said(everyDelivery(yes), everyDelivery(no))],
  ["an end to a session that has not begun", Buffer.concat([opened(), frame(performative(0x17)), end(9)])],
  [
    "an open that says the client takes frames of ten bytes",
    opened({ open: performative(0x10, text("small"), nothing, uint(10)) }),
  ],
];

/** A client's first frames, and then some. */
function said(...bodies: Buffer[]): Buffer {
  return Buffer.concat([opened(), ...bodies.map((body) => frame(body))]);
}

/** An attach with these properties, and with another name or handle if they are given. */
function attached(properties: Buffer, name = text("name"), handle = uint(0)): Buffer {
  const between = Array.from({ length: 10 }, () => nothing);
  return said(performative(0x12, name, handle, yes, ...between, properties));
}

/** A disposition that accepts all ids. */
function everyDelivery(role: Buffer): Buffer {
  return performative(0x15, role, uint(0), uint(0xffffffff), yes, hex("00 53 24 45"));
}

function end(channel: number): Buffer {
  const bytes = frame(performative(0x17));
  bytes.writeUInt16BE(channel, 6);
  return bytes;
}

/** Writes bytes to the broker's port and hangs up, with or without a goodbye. */
async function write(port: number, host: string, bytes: Buffer, goodbye: boolean): Promise<void> {
  const socket = connect(port, host);
  // The broker may cut the connection at any moment: that is an answer, and not a failure of the test.
  socket.on("error", () => {});
  await once(socket, "connect");
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  if (goodbye) socket.end();
  else socket.resetAndDestroy();
  if (!socket.closed) await once(socket.resume(), "close");
}

describe("garbage on the port", () => {
  test.each(garbage)("disturbs nobody: %s", async (_, bytes) => {
    const { hostname, port } = new URL(
      /Endpoint=([^;]+)/.exec(bus.connectionString)![1]!.replace("sb:", "http:"),
    );
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const receiver = bus.client.createReceiver(queue);
    await sender.sendMessages({ body: "before" });
    for (const goodbye of [true, false]) await write(Number(port || 5671), hostname, bytes, goodbye);
    await sender.sendMessages({ body: "after" });
    for (const body of ["before", "after"]) {
      const message = await one(receiver);
      expect(message.body).toBe(body);
      await receiver.completeMessage(message);
    }
  });

  test("leaves no connection behind", async (context) => {
    const broker = embeddedBroker(bus, context, "only it tells how many connections it has");
    const before = broker.connectionCount;
    for (const [, bytes] of garbage) await write(broker.port, "127.0.0.1", bytes, false);
    await expect.poll(() => broker.connectionCount).toBe(before);
  });
});

describe.concurrent("a management request", () => {
  const malformed: [string, unknown, unknown][] = [
    ["an operation that does not exist", "com.microsoft:make-coffee", {}],
    ["no operation", undefined, {}],
    ["an operation that is a number", 42, {}],
    ["a body that is text", "com.microsoft:peek-message", "text"],
    ["a body that is nothing", "com.microsoft:peek-message", null],
    ["nothing that it needs", "com.microsoft:renew-lock", {}],
    [
      "values of other types",
      "com.microsoft:peek-message",
      { "from-sequence-number": "x", "message-count": {} },
    ],
    ["tokens that are none", "com.microsoft:renew-lock", { "lock-tokens": ["x", 1, null] }],
    [
      "messages that are none",
      "com.microsoft:schedule-message",
      { messages: [{ message: Buffer.from("garbage") }] },
    ],
    ["messages that are missing", "com.microsoft:schedule-message", { messages: "none" }],
    ["numbers that are none", "com.microsoft:cancel-scheduled-message", { "sequence-numbers": ["x"] }],
    ["an outcome that does not exist", "com.microsoft:update-disposition", { "disposition-status": "eaten" }],
    ["a rule without a filter", "com.microsoft:add-rule", { "rule-name": "r", "rule-description": {} }],
    ["a session without an id", "com.microsoft:get-session-state", {}],
  ];
  test.each(malformed)("with %s is refused, and the link goes on", async (_, operation, body) => {
    const queue = await bus.queue();
    await expect(request(bus.client, queue, operation, body)).rejects.toBeInstanceOf(Error);
    await bus.client.createSender(queue).sendMessages({ body: "goes on" });
    const receiver = bus.client.createReceiver(queue);
    expect((await receiver.peekMessages(1))[0]?.body).toBe("goes on");
    await receiver.completeMessage(await one(receiver));
  });
});
