import { beforeEach, describe, expect, test } from "vitest";
import { noFaultPoints, type FaultPoints } from "../../../shared/kernel/fault-points.ts";
import { parseValue } from "../../../shared/kernel/parse.ts";
import { acceptRequest, firstTick } from "../../../shared/operation/accept.ts";
import { schemaForQueueMessage } from "../../../shared/operation/message.ts";
import { operationId, type Submission } from "../../../shared/operation/submit.ts";
import { OperationWorld, submission } from "./operation-world.ts";

let world: OperationWorld;

beforeEach(() => {
  world = new OperationWorld();
});

function accept(request: Submission, faults: FaultPoints = noFaultPoints) {
  const { outbox, submissions } = world;
  return acceptRequest({ outbox, submissions, faults }, request);
}

/** The request that the message on the queue makes, in whichever process handles it. */
function submissionOfMessage(): Submission {
  const value = world.sent[0]?.body;
  const parsed = parseValue(schemaForQueueMessage(value), value, "message");
  if (parsed.type !== "recycle") throw new Error("The message is not a request");
  const { type: _type, role, key = "", from = "", ...body } = parsed;
  return { role, key, body: { ...body, from } };
}

describe("a request over HTTP", () => {
  test("sends the message that a workflow would send, and has begun when it is answered", async () => {
    const header = await accept(submission("web", "k"));
    expect(world.sent).toMatchObject([
      {
        entity: "recycle-requests",
        message: { messageId: firstTick(header.id).id },
        body: { role: "web", key: "k" },
      },
    ]);
    expect((await world.operations.header(header.id))?.header.state).toBe("waiting");
  });

  test("whose taker dies after the message is sent is begun by the message", async () => {
    const crash: FaultPoints = { reach: () => Promise.reject(new Error("crashed")) };
    await expect(accept(submission("web", "k"), crash)).rejects.toThrow("crashed");
    expect(world.table.rows()).toEqual([]);
    const header = await world.submissions.begin(submissionOfMessage());
    expect(header.id).toBe(operationId("web", "k"));
  });

  test.each([
    {},
    {
      tag: "v2",
      data: { a: [1, null, "ü"], b: -0 },
      instances: ["web-0"],
      maxUnavailable: "25%",
      maxErrors: 3,
    },
    { deliveryTimeout: 1.001, executionTimeout: "PT1.0005S" },
    { deliveryTimeout: "P1D", data: null },
  ])("is the same request as its message: %o", async (body) => {
    const header = await accept(submission("web", "k", body));
    expect(await world.submissions.begin(submissionOfMessage())).toEqual(header);
  });

  test("that is repeated sends nothing", async () => {
    const first = await accept(submission("web", "k"));
    expect(await accept(submission("web", "k"))).toEqual(first);
    expect(world.sent).toHaveLength(1);
  });

  test.each([
    ["db", {}],
    ["web", { instances: ["web-9"] }],
  ])("that cannot be met leaves nothing: %s %o", async (role, body) => {
    await expect(accept(submission(role, "k", body))).rejects.toMatchObject({ name: "Problem" });
    expect(world.sent).toEqual([]);
    expect(world.table.rows()).toEqual([]);
  });

  test("that the bus does not confirm names the operation that may begin, and the key to repeat it with", async () => {
    world.busError = new Error("the bus is away");
    await expect(accept(submission("web", "k"))).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(`${operationId("web", "k")}.*"k"`),
    });
    expect(world.table.rows()).toEqual([]);
  });
});
