import { addressingNamespaces, builtInNamespaces, readEnvelope, type Envelope } from "./soap.ts";
import { nodeTypes, type XmlNode } from "./xml-document.ts";
import type { XPathFunction, XPathValue } from "./xpath-library.mjs";

/** What the functions of the original engine are asked about. */
export interface Asked {
  document: XmlNode;
  nowMs: number;
}

/** How many arguments a function takes, whether what it gives is in the headers of a message, and what it does. */
interface MessageFunction {
  arity: 0 | 1;
  isOfHeaders: boolean;
  run: (asked: Asked, value: XPathValue | undefined) => ReturnType<XPathFunction>;
}

const millisecondsPerDay = 86_400_000;
/** Dates are days since the first day of the year 1. */
const dayZeroMs = Date.parse("0001-01-01T00:00:00Z");

const nextActors = {
  "1.1": "http://schemas.xmlsoap.org/soap/actor/next",
  "1.2": "http://www.w3.org/2003/05/soap-envelope/role/next",
};
const ultimateActors = { "1.1": "", "1.2": "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver" };

/** The functions of the original engine (prefix `sm`), with its types and its answers for messages that are no SOAP. */
export const messageFunctions: ReadonlyMap<string, MessageFunction> = new Map<string, MessageFunction>([
  ["header", ofHeaders((asked) => present(envelopeOf(asked)?.header))],
  ["body", { arity: 0, isOfHeaders: false, run: (asked) => present(envelopeOf(asked)?.body) }],
  [
    "soap-uri",
    ofHeaders((asked) => (envelopeOf(asked) && asked.document.documentElement?.namespaceURI) ?? ""),
  ],
  ["action", ofHeaders((asked) => envelopeOf(asked)?.action ?? "")],
  ["to", ofHeaders((asked) => envelopeOf(asked)?.to ?? "")],
  ["messageId", ofHeaders((asked) => addressed(asked, "MessageID")[0]?.ownText ?? "")],
  ["relatesTo", ofHeaders((asked) => addressed(asked, "RelatesTo"))],
  ["replyTo", ofHeaders((asked) => addressed(asked, "ReplyTo").slice(0, 1))],
  ["from", ofHeaders((asked) => addressed(asked, "From").slice(0, 1))],
  ["faultTo", ofHeaders((asked) => addressed(asked, "FaultTo").slice(0, 1))],
  ["utc-now", ofHeaders(({ nowMs }) => toDays(nowMs))],
  ["headers-with-actor", onValue((asked, value) => headersWithActor(asked, value.stringValue()))],
  ["actor", onValue((asked, value) => actorOf(asked, firstOf(value)))],
  ["is-mandatory", onValue((asked, value) => isMandatory(asked, firstOf(value)))],
  ["is-actor-next", onValue((asked, value) => hasActor(asked, firstOf(value), nextActors))],
  ["is-actor-ultimate-receiver", onValue((asked, value) => hasActor(asked, firstOf(value), ultimateActors))],
  ["date-time", onValue((_asked, value) => toDays(Date.parse(value.stringValue().trim())))],
  ["duration", onValue((_asked, value) => spanInDays(value.stringValue().trim()))],
]);

function ofHeaders(run: (asked: Asked) => ReturnType<XPathFunction>): MessageFunction {
  return { arity: 0, isOfHeaders: true, run };
}

function onValue(run: (asked: Asked, value: XPathValue) => ReturnType<XPathFunction>): MessageFunction {
  return { arity: 1, isOfHeaders: true, run: (asked, value) => (value ? run(asked, value) : "") };
}

function envelopeOf({ document }: Asked): Envelope | undefined {
  return readEnvelope(document);
}

function present(node: XmlNode | undefined): XmlNode[] {
  return node ? [node] : [];
}

function addressed(asked: Asked, name: string): XmlNode[] {
  return [...(envelopeOf(asked)?.header?.elements(name, addressingNamespaces) ?? [])];
}

function headersWithActor(asked: Asked, actor: string): XmlNode[] {
  const header = envelopeOf(asked)?.header;
  return [...(header?.childNodes ?? [])].filter(
    (node) => node.nodeType === nodeTypes.element && actorOf(asked, node) === actor,
  );
}

function firstOf(value: XPathValue): XmlNode | undefined {
  return value.toArray?.()[0];
}

function actorOf(asked: Asked, node: XmlNode | undefined): string {
  const version = envelopeOf(asked)?.version;
  return version === "1.2" ? attribute(node, "role", "s12") : attribute(node, "actor", "s11");
}

function hasActor(
  asked: Asked,
  node: XmlNode | undefined,
  actors: Readonly<Record<"1.1" | "1.2", string>>,
): boolean {
  const version = envelopeOf(asked)?.version;
  return node !== undefined && version !== undefined && actorOf(asked, node) === actors[version];
}

function isMandatory(asked: Asked, node: XmlNode | undefined): boolean {
  const version = envelopeOf(asked)?.version;
  if (version === "1.1") return attribute(node, "mustUnderstand", "s11") === "1";
  return version === "1.2" && attribute(node, "mustUnderstand", "s12") === "true";
}

function attribute(node: XmlNode | undefined, local: string, prefix: "s11" | "s12"): string {
  const all = node?.attributes;
  for (let index = 0; index < (all?.length ?? 0); index += 1) {
    const item = all?.item(index);
    if (item?.localName === local && item.namespaceURI === builtInNamespaces[prefix]) return item.value ?? "";
  }
  return "";
}

function toDays(epochMs: number): number {
  return (epochMs - dayZeroMs) / millisecondsPerDay;
}

/** A time span as `[-][days.]hours:minutes[:seconds[.fraction]]`, or days alone; anything else is no number. */
function spanInDays(text: string): number {
  const parts = /^(-?)(?:(\d{1,8})|(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,7})?))?)$/.exec(
    text,
  );
  if (!parts) return Number.NaN;
  const [hours, minutes, seconds] = [Number(parts[4] ?? 0), Number(parts[5] ?? 0), Number(parts[6] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds >= 60) return Number.NaN;
  const days = Number(parts[2] ?? parts[3] ?? 0) + (hours + (minutes + seconds / 60) / 60) / 24;
  return parts[1] ? -days : days;
}
