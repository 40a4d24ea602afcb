import { isTriggeredBy, type HostedFunction } from "../host/function-catalog.ts";
import type { InvocationRequest } from "../core/listener.ts";
import type { TypedData } from "../core/typed-data.ts";
import { hostVersion } from "../host/worker-process.ts";
import { answer, answerJson, type RequestTarget } from "./call.ts";
import { readBody } from "./request-body.ts";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What the administrative addresses show and do. */
export interface AdminSubject {
  status(): { readonly state: string; readonly uptimeMs: number };
  functions(): readonly HostedFunction[];
  /** Where an HTTP function is reached. */
  templateOf(hosted: HostedFunction): string | undefined;
  /** Runs a function without waiting for it. */
  run(name: string, request: InvocationRequest): void;
}

interface AdminCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: RequestTarget;
}

const maxInputBytes = 1_048_576;

/** Answers `/admin/…`; what is not known there is 404. The caller has checked the key. */
export async function answerAdmin(call: AdminCall, subject: AdminSubject): Promise<void> {
  const { request, response, target } = call;
  const { method } = request;
  const [, , area, name, detail] = target.path.replace(/\/$/, "").split("/");
  const isRead = method === "GET";
  if (area === "host" && name === "status" && isRead) {
    const { state, uptimeMs } = subject.status();
    return answerJson(response, 200, { id: "local", state, version: hostVersion, processUptime: uptimeMs });
  }
  if (area !== "functions") return answer(response, 404);
  if (name === undefined && isRead) {
    return answerJson(
      response,
      200,
      subject.functions().map((hosted) => describe(hosted, subject)),
    );
  }
  const hosted = subject
    .functions()
    .find(({ metadata }) => metadata.name.toLowerCase() === name?.toLowerCase());
  if (hosted === undefined) return answer(response, 404);
  if (detail === "status" && isRead) {
    return answerJson(response, 200, hosted.problem === undefined ? {} : { errors: [hosted.problem] });
  }
  if (detail !== undefined) return answer(response, 404);
  if (isRead) return answerJson(response, 200, describe(hosted, subject));
  if (method === "POST") return runFunction(call, hosted, subject);
  return answer(response, 404);
}

/** Whether a request is the one administrative call that needs no key. */
export function isPing({ path }: RequestTarget): boolean {
  return path.toLowerCase() === "/admin/host/ping";
}

async function runFunction(
  { request, response }: AdminCall,
  hosted: HostedFunction,
  subject: AdminSubject,
): Promise<void> {
  const refuse = (error: string): void => answerJson(response, 400, { error });
  if (hosted.problem !== undefined) return refuse(`The function is in error: ${hosted.problem}.`);
  if (isTriggeredBy(hosted, "httptrigger")) {
    return refuse("An HTTP function is run by a request to its own address.");
  }
  const input = readInput((await readBody(request, maxInputBytes)).toString("utf8"));
  if (input === undefined) return refuse('The body must be {"input": "text"}.');
  const { name } = hosted.metadata;
  const inputData = [{ name: hosted.trigger?.name ?? "", data: triggerData(hosted, input) }];
  subject.run(name, { inputData, triggerMetadata: {} });
  answer(response, 202);
}

/** The text of `input`; empty when the body is empty, undefined when it is something else. */
function readInput(body: string): string | undefined {
  if (body.trim() === "") return "";
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    const input: unknown = "input" in parsed ? parsed.input : "";
    return typeof input === "string" ? input : undefined;
  } catch {
    return undefined;
  }
}

function triggerData(hosted: HostedFunction, input: string): TypedData {
  if (isTriggeredBy(hosted, "timertrigger")) {
    const timer = { Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false };
    return { json: JSON.stringify(timer) };
  }
  const isBinary = hosted.trigger?.["dataType"] === "binary";
  const isMany = hosted.trigger?.["cardinality"] === "many";
  const bytes = Buffer.from(input);
  if (isMany)
    return isBinary ? { collectionBytes: { bytes: [bytes] } } : { collectionString: { string: [input] } };
  return isBinary ? { bytes } : { string: input };
}

function describe(hosted: HostedFunction, subject: AdminSubject): Record<string, unknown> {
  const { metadata, isDisabled, problem } = hosted;
  return {
    name: metadata.name,
    language: "node",
    isDisabled,
    config: { name: metadata.name, bindings: Object.values(metadata.bindings) },
    invoke_url_template: subject.templateOf(hosted),
    errors: problem === undefined ? undefined : [problem],
  };
}
