import type { HttpRequest } from "@azure/functions";
import type { z } from "zod";
import { parseJson } from "../shared/kernel/parse.ts";
import { Problem } from "../shared/kernel/problem.ts";

/** The largest body that the management API takes. */
export const maxBodyBytes = 65_536;

/** Reads a JSON body with a schema; an absent body counts as `{}`. Stops reading at the limit. Throws Problem. */
export async function readJsonBody<T>(
  request: HttpRequest,
  schema: z.ZodType<T>,
  maxBytes = maxBodyBytes,
): Promise<T> {
  const bytes = await readBytes(request, maxBytes);
  if (bytes.length === 0) return parseJson(schema, "{}", "request body");
  const type = request.headers.get("content-type") ?? "";
  // curl -d sends a form's type unless told otherwise; what counts is whether it is JSON, so only other types are refused.
  if (type !== "" && !/json|x-www-form-urlencoded|text\/plain|octet-stream/i.test(type)) {
    throw new Problem("unsupported-media-type", `The body's type is ${type}; send application/json`);
  }
  return parseJson(schema, bytes.toString("utf8"), "request body");
}

/** Reads a body as it is. Stops reading at the limit. Throws Problem `payload-too-large`. */
export async function readBytes(request: HttpRequest, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  // The declared element type is `any`; what a request body holds is bytes.
  const body: AsyncIterable<Uint8Array> | undefined = request.body ?? undefined;
  for await (const bytes of body ?? []) {
    size += bytes.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

const tooLarge = (maxBytes: number): Problem =>
  new Problem("payload-too-large", `The body may be at most ${maxBytes} bytes`);
