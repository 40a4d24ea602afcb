import { isUtf8 } from "node:buffer";
import { parseJsonText } from "../../kernel/parse.ts";
import { Problem } from "../../kernel/problem.ts";
import { EndpointFailure } from "./failure.ts";
import type { Call, EndpointPorts, MailboxAddress, MailboxContent } from "./ports.ts";

/** Puts the message into the mailbox of a connected client, or of all of a user's. The id of the branch is its key: it is there once. */
export async function callMailbox(
  { sendToMailbox }: Pick<EndpointPorts, "sendToMailbox">,
  to: MailboxAddress,
  { message, branch }: Call,
): Promise<void> {
  const content = toContent(message.body, message.contentType);
  if (!content)
    throw new EndpointFailure("target", "a connected client takes JSON or text; the body is neither");
  await sendToMailbox({ to, content, key: branch.id, from: `router:${message.pass.table}` });
}

/** Bytes as a client gets them: data when they are said to be JSON, else text. Undefined for bytes that are neither. */
export function toContent(body: Buffer, contentType: string | undefined): MailboxContent | undefined {
  if (!isUtf8(body)) return undefined;
  const text = body.toString("utf8");
  if (!/[/+]json\b/i.test(contentType ?? "")) return { text };
  try {
    return { data: parseJsonText(text, "body") };
  } catch (error) {
    if (error instanceof Problem) return { text };
    throw error;
  }
}
