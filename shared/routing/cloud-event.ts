import type { MessageView } from "./message-view.ts";

/** The context attributes of a CloudEvent, each in its canonical text. */
export type EventAttributes = ReadonlyMap<string, string>;

/** How attributes are marked in HTTP headers, and in application properties by either form that AMQP allows. */
const prefixes = ["ce-", "cloudevents:", "cloudevents_"];
const attributeName = /^[a-z0-9]{1,64}$/;

/** Reads the context attributes of a CloudEvent in binary mode (headers) or structured mode (JSON); undefined when it is none. */
export function readAttributes(view: MessageView): EventAttributes | undefined {
  return inHeaders(view) ?? inBody(view);
}

function inHeaders(view: MessageView): EventAttributes | undefined {
  const prefix = prefixes.find((candidate) => view.headers.has(`${candidate}specversion`));
  if (prefix === undefined) return undefined;
  const attributes = new Map<string, string>();
  for (const [name, value] of view.headers) {
    if (name.startsWith(prefix)) attributes.set(name.slice(prefix.length), decoded(String(value), prefix));
  }
  if (view.contentType !== "") attributes.set("datacontenttype", view.contentType);
  return attributes;
}

/** The HTTP binding writes characters beyond printable ASCII in percent encoding. */
function decoded(text: string, prefix: string): string {
  if (prefix !== "ce-" || !text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function inBody(view: MessageView): EventAttributes | undefined {
  const { json } = view;
  if (!("value" in json) || typeof json.value !== "object" || json.value === null) return undefined;
  if (!Object.hasOwn(json.value, "specversion")) return undefined;
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(json.value)) {
    if (name === "data" || !attributeName.test(name)) continue;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      attributes.set(name, String(value));
  }
  return attributes;
}
