import { BusError, type Outbox } from "../bus/outbox.ts";
import { entities } from "../bus/topology.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { Problem } from "../kernel/problem.ts";
import type { Header } from "./header.ts";
import type { TickMessage } from "./message.ts";
import { operationId, type Submission, type Submissions } from "./submit.ts";

/** The tick that a request itself is: it moves a new operation on from step 0. */
export function firstTick(operation: string): TickMessage {
  return { type: "tick", operation, step: 0, id: `${operation}:request`, afterMs: 0 };
}

/** When the outcome of a request that was not confirmed is likely to be known, in seconds. */
const retryAfterSeconds = 5;

/**
 * Takes a request that came over HTTP: sends the message that a workflow would send, then begins the operation, so that its
 * status can be asked for at once. A crash after the send loses nothing: the message's handler begins it too. A repeat of an
 * earlier request only looks it up. Throws Problem `unavailable`, naming the operation and the key, when the message went out and
 * Service Bus did not say that it has it.
 */
export async function acceptRequest(
  parts: { outbox: Outbox; submissions: Submissions; faults: FaultPoints },
  submission: Submission,
): Promise<Header> {
  const { outbox, submissions, faults } = parts;
  const earlier = await submissions.known(submission);
  if (earlier) return earlier;
  // Checked before anything is sent: a request that cannot be met must leave nothing behind.
  await submissions.plan(submission);
  await submissions.checkRoom();
  await sendRequest(outbox, submission);
  await faults.reach("request-sent");
  return await submissions.begin(submission);
}

async function sendRequest(outbox: Outbox, { role, key, body }: Submission): Promise<void> {
  const { deliveryTimeout, executionTimeout, ...rest } = body;
  const operation = operationId(role, key);
  try {
    await outbox.send(entities.recycleRequests, {
      messageId: firstTick(operation).id,
      subject: "recycle",
      body: {
        type: "recycle",
        role,
        key,
        ...rest,
        deliveryTimeout: deliveryTimeout / 1_000,
        executionTimeout: executionTimeout / 1_000,
      },
    });
  } catch (error) {
    if (!(error instanceof BusError && error.mayArrive)) throw error;
    throw new Problem(
      "unavailable",
      `Service Bus did not confirm the request, which may yet begin operation ${operation}. Repeat it with the Idempotency-Key "${key}": it is done once at most`,
      { retryAfterSeconds, cause: error },
    );
  }
}
