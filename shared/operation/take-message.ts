import { giveBack } from "../bus/give-back.ts";
import type { Incoming } from "../bus/incoming.ts";
import type { BusLog } from "../bus/log.ts";
import type { Outbox } from "../bus/outbox.ts";
import { reply, replyAddressOf } from "../bus/reply.ts";
import { logicalIdOf } from "../bus/retry-later.ts";
import { entities } from "../bus/topology.ts";
import { Problem } from "../kernel/problem.ts";
import { parseJsonText, parseValue } from "../kernel/parse.ts";
import { firstTick } from "./accept.ts";
import type { Driver } from "./drive.ts";
import { schemaForQueueMessage, type RequestMessage } from "./message.ts";
import type { Submission, Submissions } from "./submit.ts";
import { viewNew, viewPlan } from "./view.ts";

/** Who asks when a message does not say. */
const defaultFrom = "queue";

export interface TakeMessageParts {
  outbox: Outbox;
  submissions: Submissions;
  driver: Driver;
  log: BusLog;
}

/**
 * Handles whatever comes on `recycle-requests`; always leaves the message to be completed. What can never work goes to `rejected`
 * with its reason, and the asker is told; what failed for now comes again as a scheduled copy.
 */
export async function takeMessage(parts: TakeMessageParts, message: Incoming): Promise<void> {
  try {
    const value = parseJsonText(message.body.toString("utf8"), "message");
    const parsed = parseValue(schemaForQueueMessage(value), value, "message");
    await (parsed.type === "tick"
      ? parts.driver.drive(parsed, message.enqueuedAtMs)
      : takeRequest(parts, message, parsed));
  } catch (error) {
    await giveBack(parts, entities.recycleRequests, message, error);
  }
}

async function takeRequest(
  parts: TakeMessageParts,
  message: Incoming,
  request: RequestMessage,
): Promise<void> {
  const { outbox, submissions, driver } = parts;
  const submission = toSubmission(message, request);
  const { reply: asker } = submission;
  if (request.dryRun) {
    const { request: planned, targets } = await submissions.plan(submission);
    if (asker)
      await reply(
        outbox,
        asker,
        "operation.plan",
        `${logicalIdOf(message)}:plan`,
        viewPlan(planned, targets),
      );
    return;
  }
  const header = await submissions.begin(submission);
  if (asker) await reply(outbox, asker, "operation.accepted", `${header.id}:accepted`, viewNew(header));
  await driver.drive(firstTick(header.id), message.enqueuedAtMs);
}

function toSubmission(message: Incoming, request: RequestMessage): Submission {
  const { type: _type, role, key = logicalIdOf(message), ...body } = request;
  if (key === "") {
    throw new Problem(
      "invalid-request",
      "The message has neither a `key` nor a MessageId by which a repeat of it could be told from another request (one that looks like a number beyond 2^53, or like 1.10, does not arrive whole)",
    );
  }
  const asker = replyAddressOf(message);
  return {
    role,
    key,
    body: { ...body, from: body.from ?? defaultFrom },
    ...(asker ? { reply: asker } : {}),
  };
}
