import { BrokerError } from "../broker-error.ts";

/** What the path of a request names. */
export type Resource =
  | { kind: "namespace" }
  | { kind: "queues" | "topics" }
  | { kind: "entity"; name: string }
  | { kind: "subscriptions"; topic: string }
  | { kind: "subscription"; topic: string; name: string }
  | { kind: "rules"; topic: string; subscription: string }
  | { kind: "rule"; topic: string; subscription: string; name: string };

/** Reads a path: names of queues and topics may hold slashes, in any case of the words between them. */
export function resourceOf(path: string): Resource {
  const lower = path.toLowerCase();
  if (lower === "$namespaceinfo") return { kind: "namespace" };
  if (lower === "$resources/queues") return { kind: "queues" };
  if (lower === "$resources/topics") return { kind: "topics" };
  if (path === "" || path.startsWith("$")) {
    throw new BrokerError("amqp:not-found", `There is no resource '/${path}'.`);
  }
  const parts = path.split("/");
  const word = (fromEnd: number) => parts.at(-fromEnd)?.toLowerCase();
  const topic = (ends: number) => parts.slice(0, -ends).join("/");
  const last = parts.at(-1) ?? "";
  if (word(4) === "subscriptions" && word(2) === "rules" && parts.length > 4) {
    return { kind: "rule", topic: topic(4), subscription: parts.at(-3) ?? "", name: last };
  }
  if (word(3) === "subscriptions" && word(1) === "rules" && parts.length > 3) {
    return { kind: "rules", topic: topic(3), subscription: parts.at(-2) ?? "" };
  }
  if (word(2) === "subscriptions" && parts.length > 2)
    return { kind: "subscription", topic: topic(2), name: last };
  if (word(1) === "subscriptions" && parts.length > 1) return { kind: "subscriptions", topic: topic(1) };
  return { kind: "entity", name: path };
}

/** The path of a request's URL, decoded and without outer slashes. */
export function requestPath(url: URL): string {
  try {
    return decodeURIComponent(url.pathname).replaceAll(/^\/+|\/+$/g, "");
  } catch (cause) {
    throw new BrokerError("com.microsoft:argument-error", "The path of the request is not valid.", { cause });
  }
}
