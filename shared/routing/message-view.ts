import { isShallow } from "../kernel/parse.ts";
import { toCompared, type ComparedAddress } from "./address-filter.ts";
import { readAttributes, type EventAttributes } from "./cloud-event.ts";
import { routingLimits as limits } from "./limits.ts";
import { readEnvelope, type Envelope } from "./soap.ts";
import { parseXml, XmlFault, type XmlNode } from "./xml-document.ts";

export type HeaderValue = string | number | boolean;

/** A message as it came in: HTTP headers or application properties, and the raw body. */
export interface IncomingMessage {
  /** The inbound endpoint that received it. */
  inbound: string;
  /** Where it was sent to, if the transport says so: the URL of the request. */
  address?: string;
  headers: Readonly<Record<string, HeaderValue>>;
  body: string | Uint8Array;
}

/** A part of a message that filters look at: there, or not, and why not. */
export type Part<T> = { value: T } | { reason: string };

/**
 * A message as filters see it. Each part is read when the first filter asks for it, once, and within bounds; a part that is not
 * there makes filters on it not match, with the reason.
 */
export class MessageView {
  readonly inbound: string;
  readonly #message: IncomingMessage;
  #headers: ReadonlyMap<string, HeaderValue> | undefined;
  #headerFields: Readonly<Record<string, HeaderValue>> | undefined;
  #compared: { value: ComparedAddress | undefined } | undefined;
  #text: string | undefined;
  #json: Part<unknown> | undefined;
  #xml: Part<XmlNode> | undefined;
  #envelope: { value: Envelope | undefined } | undefined;
  #attributes: { value: EventAttributes | undefined } | undefined;

  /** @param routeOnHeadersOnly Whether the table may not look at bodies: JSON is hidden then, and of a SOAP message filters use the header only. */
  constructor(message: IncomingMessage, routeOnHeadersOnly = false) {
    this.inbound = message.inbound;
    this.#message = message;
    if (routeOnHeadersOnly) this.#json = { reason: "the table routes on headers only" };
  }

  /** Headers, their names in lower case. */
  get headers(): ReadonlyMap<string, HeaderValue> {
    this.#headers ??= new Map(
      Object.entries(this.#message.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    return this.#headers;
  }

  /**
   * What the message asks for: of a SOAP message the addressing header `Action`, else the `action` parameter of its content type
   * (SOAP 1.2) or the header `SOAPAction` (SOAP 1.1); of any other message the header or application property `action`.
   */
  get action(): string | undefined {
    const ofEnvelope = this.envelope?.action;
    if (ofEnvelope) return ofEnvelope;
    const parameter = /;\s*action\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(this.contentType);
    const header = this.headers.get("soapaction") ?? this.headers.get("action");
    return parameter?.[1] ?? parameter?.[2] ?? (header === undefined ? undefined : unquoted(String(header)));
  }

  /** Where the message is meant to go: the addressing header `To`, else the header or property `to`, else where it was sent to. */
  get address(): string | undefined {
    const to = this.envelope?.to ?? this.headers.get("to");
    return to === undefined || to === "" ? this.#message.address : String(to);
  }

  /** The address as filters compare it. */
  get comparedAddress(): ComparedAddress | undefined {
    this.#compared ??= { value: this.address === undefined ? undefined : toCompared(this.address) };
    return this.#compared.value;
  }

  /** Headers as an object, for patterns. */
  get headerFields(): Readonly<Record<string, HeaderValue>> {
    this.#headerFields ??= Object.fromEntries(this.headers);
    return this.#headerFields;
  }

  get contentType(): string {
    // Looked up as most senders write it first: a table of all headers costs more than matching.
    return String(this.#message.headers["content-type"] ?? this.headers.get("content-type") ?? "");
  }

  /** The body as JSON. */
  get json(): Part<unknown> {
    this.#json ??= this.#readJson();
    return this.#json;
  }

  /** The body as XML. */
  get xml(): Part<XmlNode> {
    this.#xml ??= this.#readXml();
    return this.#xml;
  }

  /** The SOAP envelope that the body is, if it is one. */
  get envelope(): Envelope | undefined {
    if (!this.#envelope) {
      const xml = this.xml;
      this.#envelope = { value: "value" in xml ? readEnvelope(xml.value) : undefined };
    }
    return this.#envelope.value;
  }

  /** The context attributes, if the message is a CloudEvent, in headers or as JSON. */
  get attributes(): EventAttributes | undefined {
    this.#attributes ??= { value: readAttributes(this) };
    return this.#attributes.value;
  }

  #readText(): Part<string> {
    const { body } = this.#message;
    if (isLarge(body)) return { reason: `the body is larger than ${limits.maxBodyBytes} bytes` };
    this.#text ??=
      typeof body === "string"
        ? body
        : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
    return { value: this.#text };
  }

  #readJson(): Part<unknown> {
    const text = this.#readText();
    if ("reason" in text) return text;
    if (text.value.startsWith("<") || isSaidToBe("xml", this.contentType))
      return { reason: "the body is not JSON" };
    try {
      const value: unknown = JSON.parse(text.value);
      return isDeep(text.value, value)
        ? { reason: `the body is nested deeper than ${limits.maxBodyDepth} levels` }
        : { value };
    } catch {
      return { reason: "the body is not JSON" };
    }
  }

  #readXml(): Part<XmlNode> {
    const text = this.#readText();
    if ("reason" in text) return text;
    if (isSaidToBe("json", this.contentType) || !/^\uFEFF?\s*</.test(text.value))
      return { reason: "the body is not XML" };
    try {
      return { value: parseXml(text.value.replace(/^\uFEFF?\s*/, "")) };
    } catch (error) {
      if (error instanceof XmlFault) return { reason: `the body ${error.message}` };
      throw error;
    }
  }
}

/** A character is one to three bytes; only where that leaves a doubt are they counted. */
function isLarge(body: string | Uint8Array): boolean {
  if (typeof body !== "string") return body.byteLength > limits.maxBodyBytes;
  return body.length * 3 > limits.maxBodyBytes && Buffer.byteLength(body) > limits.maxBodyBytes;
}

const mediaTypes = { json: /[/+]json\b/i, xml: /[/+]xml\b/i };

function isSaidToBe(kind: "json" | "xml", contentType: string): boolean {
  // What most messages say is compared as it is: that is quicker.
  if (contentType === "application/json") return kind === "json";
  return contentType !== "" && mediaTypes[kind].test(contentType);
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** Walks the value only when the text has brackets enough: most messages are flat, and walking costs as much as matching. */
function isDeep(text: string, value: unknown): boolean {
  let openers = 0;
  for (const bracket of "{[") {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      openers += 1;
      if (openers > limits.maxBodyDepth) return !isShallow(value, limits.maxBodyDepth);
    }
  }
  return false;
}
