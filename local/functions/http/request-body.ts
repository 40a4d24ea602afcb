import type { IncomingMessage } from "node:http";

/** The real host's limit; `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT` changes it there and here. */
export const defaultMaxBodyBytes = 104_857_600;

/** A request body beyond the limit. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** The client went away before its body was complete. */
export class BodyIncomplete extends Error {
  override readonly name = "BodyIncomplete";
}

/** The length that the request declares; undefined when it is sent in chunks or has no body. */
export function declaredLength({ headers }: IncomingMessage): number | undefined {
  const text = headers["content-length"];
  return text === undefined ? undefined : Number(text);
}

/** Reads a body to its end. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if ((declaredLength(request) ?? 0) > maxBytes) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of limited(request, maxBytes)) chunks.push(chunk);
  } catch (error) {
    throw error instanceof BodyTooLarge ? error : new BodyIncomplete("", { cause: error });
  }
  return Buffer.concat(chunks);
}

/** Passes a body on while it stays within the limit. */
export async function* limited(request: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let size = 0;
  // Left open when too large: destroying the request would destroy the connection and with it the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLarge();
    yield chunk;
  }
}
