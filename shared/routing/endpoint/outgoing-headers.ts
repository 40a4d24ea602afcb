import type { Call } from "./ports.ts";
import type { Pass } from "../routed-message.ts";

/** What belongs to one connection or one hop, would let a sender speak in the router's name, or would bring answers that cannot be read here. */
const neverSent =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|content-length|content-type|authorization|cookie|set-cookie|accept-encoding|interrole-.*|idempotency-key)$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The headers that tell an endpoint what it gets; the same names on a queue are application properties. */
export function identityOf({ message: { pass }, branch, version }: Call): Record<string, string> {
  return {
    "Interrole-Message-Id": pass.logicalId,
    "Interrole-Branch-Id": branch.id,
    "Interrole-Table-Version": version,
    "Interrole-Hop": String(pass.hop + 1),
  };
}

/** The sender's headers, as they may go on. */
export function carriedHeaders({ headers }: Pass): Pass["headers"] {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => headerName.test(name) && !neverSent.test(name.toLowerCase())),
  );
}

/** The headers of a call over HTTP, names in lower case so that none is there twice. */
export function httpHeaders(call: Call, contentType: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(carriedHeaders(call.message.pass)))
    headers[name.toLowerCase()] = headerText(String(value));
  for (const [name, value] of Object.entries(identityOf(call))) headers[name.toLowerCase()] = value;
  if (contentType !== undefined) headers["content-type"] = headerText(contentType);
  headers["idempotency-key"] = call.branch.id;
  return headers;
}

/** Header fields are bytes: characters beyond Latin-1 go as UTF-8, control characters as spaces. */
export function headerText(value: string): string {
  const plain = value.replaceAll(/\p{Cc}/gu, (one) => (one === "\t" ? one : " "));
  return /^[\t\u0020-\u00FF]*$/.test(plain) ? plain : Buffer.from(plain, "utf8").toString("latin1");
}

const hopByHop =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|set-cookie)$/;

/** The headers of an answer, as they may be passed on. */
export function answerHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !hopByHop.test(name))
      passed[name] = Array.isArray(value) ? value.join(", ") : value;
  return passed;
}
