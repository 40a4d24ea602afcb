import { entities } from "../../bus/topology.ts";
import { Problem } from "../../kernel/problem.ts";
import type { CarriedBranch } from "../carrier.ts";
import { toContent } from "../endpoint/call-mailbox.ts";
import type { Answer, EndpointPorts } from "../endpoint/ports.ts";
import { routingLimits as limits } from "../limits.ts";
import type { Reply } from "../routed-message.ts";
import type { BranchLog } from "./log.ts";
import type { SendRaw } from "./ports.ts";

export interface AnswerParts {
  send: SendRaw;
  sendToMailbox: EndpointPorts["sendToMailbox"];
  log: BranchLog;
}

/** What goes back: bytes of a type. */
interface Content {
  body: Buffer;
  contentType: string | undefined;
  status: number;
  subject: "router.answer" | "problem";
}

/**
 * Sends the answer of a duplex endpoint to where the message wants it: a session of the `replies` queue, or a client's mailbox, under an id of
 * the branch, so that a repeated answer is recognised. An answer without a body is none. One that cannot be given is told in its place.
 */
export async function sendAnswer(
  parts: AnswerParts,
  carried: CarriedBranch,
  answer: Answer | undefined,
): Promise<void> {
  const { reply } = carried.message.pass;
  if (!reply || answer?.body.length === 0) return;
  const content = answer && answer.body.length <= limits.maxQueuedBodyBytes ? contentOf(answer) : tooLarge();
  await sendContent(parts, carried, reply, content);
}

/** Tells a sender that waits for an answer that there will be none. */
export async function sendFailure(parts: AnswerParts, carried: CarriedBranch, reason: string): Promise<void> {
  const { reply } = carried.message.pass;
  if (!reply || carried.branch.targets[0]?.exchange !== "duplex") return;
  const problem = new Problem(
    "endpoint-failed",
    `${carried.branch.endpoint} did not take the message: ${reason}`,
  );
  await sendContent(parts, carried, reply, problemContent(problem));
}

async function sendContent(
  parts: AnswerParts,
  carried: CarriedBranch,
  reply: Reply,
  content: Content,
): Promise<void> {
  if (reply.kind === "session") return await sendToClient(parts, carried, reply.sessionId, content);
  const { message, branch, version } = carried;
  await parts.send(entities.replies, content.body, {
    messageId: `${branch.id}:reply`,
    subject: content.subject,
    sessionId: reply.sessionId,
    correlationId: reply.correlationId,
    ...(content.contentType === undefined ? {} : { contentType: content.contentType }),
    applicationProperties: {
      "Interrole-Message-Id": message.pass.logicalId,
      "Interrole-Branch-Id": branch.id,
      "Interrole-Table-Version": version,
      status: content.status,
    },
  });
}

async function sendToClient(
  { sendToMailbox, log }: AnswerParts,
  carried: CarriedBranch,
  session: string,
  { body, contentType }: Content,
): Promise<void> {
  const content = toContent(body, contentType);
  if (!content) return log.unanswered(carried, "it is neither JSON nor text");
  const { branch, message } = carried;
  const from = `router:${message.pass.table}`;
  try {
    await sendToMailbox({ to: { session }, content, key: `${branch.id}:reply`, from });
  } catch (error) {
    // A client that has left, or an answer that no client takes, is no reason to call the service again.
    if (!(error instanceof Problem) || error.status >= 500) throw error;
    log.unanswered(carried, error.message);
  }
}

function contentOf({ body, contentType, status }: Answer): Content {
  return { body, contentType, status, subject: "router.answer" };
}

function tooLarge(): Content {
  const detail = `The answer is larger than ${limits.maxQueuedBodyBytes} bytes, which is what can be sent back`;
  return problemContent(new Problem("payload-too-large", detail));
}

function problemContent(problem: Problem): Content {
  const body = Buffer.from(JSON.stringify(problem.toDetails()));
  return { body, contentType: "application/problem+json", status: problem.status, subject: "problem" };
}
