import type { Exchange } from "../table.ts";
import { routingLimits as limits } from "../limits.ts";
import type { Target } from "../routed-message.ts";
import { authenticate } from "./authenticate.ts";
import { convertSoap, type SoapText } from "./convert-soap.ts";
import { EndpointFailure } from "./failure.ts";
import type { HttpAnswer, HttpCalls } from "./http-call.ts";
import { answerHeaders, headerText, httpHeaders } from "./outgoing-headers.ts";
import type { Answer, Call, EndpointPorts } from "./ports.ts";
import { judge } from "./judge.ts";
import { isSoapFault } from "./soap-fault.ts";

/** Posts the message to a service. Returns what it answered, or undefined if that was too large to be kept. Throws EndpointFailure. */
export async function callHttp(
  { calls, ports }: { calls: HttpCalls; ports: EndpointPorts },
  { target, url }: { target: Target; url: URL },
  call: Call,
): Promise<Answer | undefined> {
  const { message } = call;
  const startMs = ports.clock.monotonicMs();
  const converted = target.soapVersion && convertSoap(textOf(call), target.soapVersion);
  const headers = httpHeaders(call, converted ? converted.contentType : message.contentType);
  if (converted) {
    delete headers["soapaction"];
    if (converted.soapAction !== undefined) headers["soapaction"] = headerText(converted.soapAction);
  }
  const proof = await authenticate(ports, target, url);
  const answer = await calls.post({
    url,
    headers: { ...headers, ...proof },
    body: converted ? converted.body : message.body,
    withinMs: call.withinMs - (ports.clock.monotonicMs() - startMs),
    maxBytes: limits.maxBodyBytes,
  });
  if (!answer.body) return judgeUnkept(answer.status, target.exchange);
  const read = readAnswer(answer, answer.body);
  const own = converted ? inVersionOfSender(read, target.soapVersion === "1.1" ? "1.2" : "1.1") : read;
  judge(own, target.exchange, call.branch.backupOnFault);
  return own;
}

function textOf({ message: { body, contentType, pass } }: Call): SoapText {
  const action = Object.entries(pass.headers).find(([name]) => name.toLowerCase() === "soapaction")?.[1];
  return { body, contentType, soapAction: action === undefined ? undefined : String(action) };
}

function readAnswer({ status, headers }: HttpAnswer, body: Buffer): Answer {
  const contentType = headers["content-type"];
  return {
    status,
    headers: answerHeaders(headers),
    body,
    contentType,
    isFault: isSoapFault(contentType, body),
  };
}

function judgeUnkept(status: number, exchange: Exchange): undefined {
  const tooLarge = `answered more than ${limits.maxBodyBytes} bytes`;
  if (status < 200 || status >= 300)
    throw new EndpointFailure("moment", `answered ${status}, with more than can be read`, { status });
  // It has the message: offering it to another would repeat it.
  if (exchange === "request-reply") throw new EndpointFailure("message", tooLarge, { status });
  return undefined;
}

/** Who sent SOAP 1.1 is answered in SOAP 1.1. */
function inVersionOfSender(answer: Answer, version: "1.1" | "1.2"): Answer {
  const { body, contentType, headers } = answer;
  const converted = convertSoap({ body, contentType, soapAction: undefined }, version);
  if (!converted) return answer;
  const type = converted.contentType ?? "";
  return {
    ...answer,
    body: converted.body,
    contentType: type,
    headers: { ...headers, "content-type": type },
  };
}
