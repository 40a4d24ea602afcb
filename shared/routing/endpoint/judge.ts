import type { Exchange } from "../table.ts";
import { EndpointFailure } from "./failure.ts";
import type { Answer } from "./ports.ts";

/** Answers that say that the message as such is wrong: no other endpoint, and no later try, would take it. */
const refusals = new Set([400, 413, 415, 422]);
/** Answers below 500 that are no answer to the request, but say that it may be made again. */
const notNow = new Set([408, 425, 429]);

/** Whether the answer means that the service took the message. Throws EndpointFailure when not. */
export function judge(answer: Answer, exchange: Exchange, backupOnFault: boolean): void {
  const { status, isFault } = answer;
  if (isFault) {
    if (!backupOnFault) return;
    throw new EndpointFailure("moment", `answered with a SOAP fault (${status})`, { status, answer });
  }
  const isAnswer =
    exchange === "request-reply" ? status < 500 && !notNow.has(status) : status >= 200 && status < 300;
  if (isAnswer) return;
  throw new EndpointFailure(refusals.has(status) ? "message" : "moment", `answered ${status}`, {
    status,
    answer,
  });
}
