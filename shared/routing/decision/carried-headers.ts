import { Problem } from "../../kernel/problem.ts";
import { routingLimits as limits } from "../limits.ts";
import type { HeaderValue } from "../message-view.ts";
import type { Pass } from "../routed-message.ts";

type Headers = Pass["headers"];

/** What is between one sender and one receiver, what lets a caller in, what platforms add, and what the router itself reads. */
const kept = new Set([
  "host",
  "content-length",
  "content-type",
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "authorization",
  "cookie",
  "forwarded",
  "max-forwards",
  "client-ip",
  "disguised-host",
  "was-default-hostname",
  "x-real-ip",
  "x-client-ip",
  "x-client-port",
  "x-original-url",
  "x-site-deployment-id",
  "idempotency-key",
  "ordering-key",
  "reply-to",
]);
const keptPrefixes = [
  "x-functions-",
  "x-forwarded-",
  "x-arr-",
  "x-ms-client-principal",
  "x-ms-token-",
  "x-waws-",
  "x-appservice-",
  "interrole",
];

/** What differs between two sendings of one message: not part of what it is recognised by. */
const incidental = new Set([
  "traceparent",
  "tracestate",
  "baggage",
  "diagnostic-id",
  "user-agent",
  "accept-encoding",
  "date",
  "x-request-id",
  "x-ms-coldstart",
  "x-ms-invocation-id",
]);

/**
 * The headers or application properties that travel with a message, as far as filters and services may see them. Throws Problem when they
 * are too many or too large.
 */
export function carriedHeaders(all: Iterable<readonly [string, HeaderValue]>): Headers {
  const headers = [...all].filter(([name]) => name !== "");
  const named = connectionOptions(headers);
  const carried = headers.filter(([name]) => !isKept(name.toLowerCase(), named));
  if (carried.length > limits.maxHeaders) {
    throw new Problem(
      "payload-too-large",
      `The message has ${carried.length} headers or application properties; at most ${limits.maxHeaders} can be carried`,
    );
  }
  const size = carried.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(String(value)),
    0,
  );
  if (size > limits.maxHeaderBytes) {
    throw new Problem(
      "payload-too-large",
      `The headers or application properties take ${size} bytes; at most ${limits.maxHeaderBytes} can be carried`,
    );
  }
  return Object.fromEntries(carried);
}

/** The headers that make one message another, in order. */
export function essentialHeaders(headers: Headers): [string, HeaderValue][] {
  return Object.entries(headers)
    .map(([name, value]): [string, HeaderValue] => [name.toLowerCase(), value])
    .filter(([name]) => !incidental.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function isKept(name: string, named: ReadonlySet<string>): boolean {
  return kept.has(name) || named.has(name) || keptPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Headers that the sender says are for this connection only. */
function connectionOptions(headers: readonly (readonly [string, HeaderValue])[]): ReadonlySet<string> {
  const connection = headers.find(([name]) => name.toLowerCase() === "connection")?.[1];
  return new Set(
    String(connection ?? "")
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
}
