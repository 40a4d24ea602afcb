import { connect } from "node:net";
import type { Connection } from "rhea";
import { afterAll, describe, expect, test } from "vitest";
import type { TestContext } from "vitest";
import { keyOf, nextEvent, outcomeOf, plainConnection, settle } from "../../support/amqp-client.ts";
import type { Outcome } from "../../support/amqp-client.ts";
import { embeddedBroker, openBus } from "../../support/bus.ts";
import {
  amqpHeader,
  frame,
  hex,
  list,
  no,
  nothing,
  performative,
  saslHeader,
  text,
  uint,
  yes,
} from "../../support/raw-frames.ts";

// What clients in other languages rely on and the JavaScript library does not show. Without it they lose messages, hang or fail.

const bus = await openBus();
afterAll(() => bus.close());

async function queueWithOne(): Promise<string> {
  const queue = await bus.queue();
  await bus.client.createSender(queue).sendMessages({ body: "for anybody" });
  return queue;
}

/** A message of a new queue that waits for its outcome, and the link it came over. */
async function received(context: TestContext) {
  const connection = await plainConnection(bus, context);
  const receiver = connection.open_receiver({
    source: await queueWithOne(),
    autoaccept: false,
    autosettle: false,
    rcv_settle_mode: 1,
    credit_window: 1,
  });
  return { receiver, delivery: (await nextEvent(receiver, "message")).delivery! };
}

describe.concurrent("an outcome", () => {
  const outcomes: Outcome[] = ["accepted", "rejected", "released", "modified"];
  test.for(outcomes)("is confirmed by one of its kind: %s", async (outcome, context) => {
    const { receiver, delivery } = await received(context);
    settle(delivery, outcome);
    const settled = await nextEvent(receiver, "settled");
    expect(outcomeOf(settled.delivery)).toEqual({ kind: outcome, fields: [] });
  });
});

describe.concurrent("an error", () => {
  test("that refuses a message has all its fields", async (context) => {
    const sender = (await plainConnection(bus, context)).open_sender(
      await bus.queue({ requiresSession: true }),
    );
    await nextEvent(sender, "sendable");
    sender.send({ body: "without a session" });
    const { delivery } = await nextEvent(sender, "rejected");
    expect(outcomeOf(delivery).fields).toMatchObject([{ value: { length: 3 } }]);
  });
});

describe.concurrent("the $cbs node", () => {
  test("is opened once each way on a connection, so that who lost it connects anew", async (context) => {
    const connection = await plainConnection(bus, context);
    await nextEvent(connection.open_sender("$cbs"), "sender_open");
    const { sender } = await nextEvent(connection.open_sender("$cbs"), "sender_error");
    expect(sender?.error).toMatchObject({ condition: "amqp:not-allowed" });
  });

  test("takes a signature under the type of another kind of token", async (context) => {
    const connection = await plainConnection(bus, context);
    const answer = await putToken(connection, "jwt", "SharedAccessSignature sr=x");
    expect(answer).toMatchObject({ "status-description": "The token lacks one of sr, sig, se and skn." });
  });
});

/** Puts a token and gives the application properties of the answer. */
async function putToken(connection: Connection, type: string, body: string): Promise<unknown> {
  const replies = connection.open_receiver({ source: "$cbs", target: { address: "replies" } });
  const sender = connection.open_sender("$cbs");
  await Promise.all([nextEvent(replies, "receiver_open"), nextEvent(sender, "sendable")]);
  const properties = { operation: "put-token", type, name: "amqp://localhost/any" };
  sender.send({ body, reply_to: "replies", application_properties: properties });
  const { message } = await nextEvent(replies, "message");
  return message?.application_properties;
}

const attachCode = 0x12;
const transferCode = 0x14;

describe.concurrent("frames that come together", () => {
  test("attach a link and grant it credit: the answer to the attach comes before the message", async (context) => {
    const { port } = embeddedBroker(bus, context, "it speaks AMQP without TLS");
    const queue = await queueWithOne();
    const socket = connect(port, "127.0.0.1");
    context.onTestFinished(() => void socket.destroy());
    socket.write(receiving(queue));
    expect((await performativesUntil(socket, transferCode)).slice(-2)).toEqual([attachCode, transferCode]);
  });
});

/** All that a client says until it receives, in one go. */
function receiving(queue: string): Buffer {
  const { name, secret } = keyOf(bus);
  const response = Buffer.from(`\0${name}\0${secret}`);
  const init = performative(
    0x41,
    Buffer.concat([hex("a305"), Buffer.from("PLAIN")]),
    Buffer.concat([Buffer.from([0xa0, response.length]), response]),
  );
  const source = Buffer.concat([hex("005328"), list(text(queue))]);
  const target = Buffer.concat([hex("005329"), list()]);
  const attach = performative(attachCode, text("r"), uint(0), yes, nothing, nothing, source, target);
  const window = [nothing, uint(100), uint(0), uint(100)];
  const flow = performative(0x13, ...window, uint(0), uint(0), uint(1), nothing, no);
  return Buffer.concat([
    saslHeader,
    frame(init, 1),
    amqpHeader,
    frame(performative(0x10, text("all at once"))),
    frame(performative(0x11, nothing, uint(0), uint(100), uint(100))),
    frame(attach),
    frame(flow),
  ]);
}

/** The codes of the performatives that come, up to the first of one kind. */
async function performativesUntil(socket: AsyncIterable<Buffer>, last: number): Promise<number[]> {
  const codes: number[] = [];
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    for (let size = 8; bytes.length >= 8; bytes = bytes.subarray(size)) {
      const isHeader = bytes.subarray(0, 4).toString() === "AMQP";
      size = isHeader ? 8 : bytes.readUInt32BE(0);
      if (bytes.length < size) break;
      if (!isHeader && size > 10) codes.push(bytes.readUInt8(10));
      if (codes.at(-1) === last) return codes;
    }
  }
  return codes;
}
