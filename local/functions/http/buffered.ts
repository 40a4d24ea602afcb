import type { ServerResponse } from "node:http";
import type { Invoker } from "../core/listener.ts";
import type { HttpData, NullableString, TypedData } from "../core/typed-data.ts";
import { joinedHeaders, joinedQuery } from "./binding-data.ts";
import { answer, traceOf, type HttpCall } from "./call.ts";
import { setCookie } from "./cookies.ts";
import { readBody } from "./request-body.ts";

const noContent = 204;
const bodiless: ReadonlySet<number> = new Set([noContent, 205, 304]);

/** Runs a function with the whole request as its input, and answers with the whole response that it returns. */
export async function callBuffered(call: HttpCall, invoker: Invoker, maxBodyBytes: number): Promise<void> {
  const { metadata, trigger } = call.route.hosted;
  const body = await readBody(call.request, maxBodyBytes);
  const { returnValue } = await invoker.invoke(metadata.name, {
    inputData: [{ name: trigger?.name ?? "", data: { http: toHttpData(call, body) } }],
    triggerMetadata: {},
    ...traceOf(call.request),
  });
  if (returnValue?.http === undefined) answer(call.response, noContent);
  else writeResponse(call.response, returnValue.http);
}

function toHttpData({ request, target, values }: HttpCall, body: Buffer): HttpData {
  const data: HttpData = {
    method: request.method ?? "GET",
    url: target.url,
    nullableHeaders: nullable(joinedHeaders(request.headers), (value) => value !== ""),
    nullableQuery: nullable(joinedQuery(target.search)),
    nullableParams: nullable(values),
  };
  return body.length === 0 ? data : { ...data, body: { bytes: body } };
}

function nullable(
  texts: Readonly<Record<string, string>>,
  keep: (value: string) => boolean = () => true,
): Record<string, NullableString> {
  const kept = Object.entries(texts).filter(([, value]) => keep(value));
  return Object.fromEntries(kept.map(([name, value]) => [name, { value }]));
}

function writeResponse(response: ServerResponse, data: HttpData): void {
  const status = Number(data.statusCode ?? 200);
  const body = bodyBytes(data.body);
  response.statusCode = status;
  for (const [name, value] of Object.entries(data.headers ?? {})) {
    if (!name.toLowerCase().startsWith("transfer-encoding")) response.setHeader(name, value);
  }
  for (const cookie of data.cookies ?? []) response.appendHeader("Set-Cookie", setCookie(cookie));
  if (bodiless.has(status)) {
    response.end();
    return;
  }
  response.setHeader("Content-Length", body.length);
  response.end(body);
}

function bodyBytes(body: TypedData | undefined): Buffer {
  if (body?.bytes !== undefined) return Buffer.from(body.bytes);
  return Buffer.from(body?.string ?? body?.json ?? "");
}
