import { addressingNamespaces, builtInNamespaces } from "../soap.ts";
import { XmlFault } from "../xml-document.ts";
import { convertFault } from "./convert-soap-fault.ts";
import { elementsOf, isDeclaration, parseTree, writeTree, type SoapElement } from "./soap-tree.ts";

export type SoapVersion = "1.1" | "1.2";

/** A SOAP message, or answer, as bytes over HTTP. */
export interface SoapText {
  body: Buffer;
  contentType: string | undefined;
  /** The header SOAPAction, as it stands; of version 1.1 only. */
  soapAction: string | undefined;
}

export const envelopeNamespaces: Record<SoapVersion, string> = {
  "1.1": builtInNamespaces.s11,
  "1.2": builtInNamespaces.s12,
};

const nextActor: Record<SoapVersion, string> = {
  "1.1": "http://schemas.xmlsoap.org/soap/actor/next",
  "1.2": "http://www.w3.org/2003/05/soap-envelope/role/next",
};
const ultimateReceiver = "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver";

/**
 * The message in the other version of SOAP: the namespace of the envelope, `actor` and `role`, `mustUnderstand`, faults, content type, and
 * where the action stands. Undefined when it is no envelope, or one of this version already. What is in the body is written as it was read;
 * comments and CDATA stay.
 */
export function convertSoap(text: SoapText, to: SoapVersion): SoapText | undefined {
  const from: SoapVersion = to === "1.1" ? "1.2" : "1.1";
  const envelope = readTree(text.body);
  if (envelope?.local !== "Envelope" || envelope.uri !== envelopeNamespaces[from]) return undefined;
  const action = actionOf(text, envelope);
  convertEnvelope(envelope, from, to);
  const body = Buffer.from(writeTree(envelope));
  const quoted = JSON.stringify(action ?? "");
  return to === "1.1"
    ? { body, contentType: "text/xml; charset=utf-8", soapAction: quoted }
    : {
        body,
        contentType: `application/soap+xml; charset=utf-8${action ? `; action=${quoted}` : ""}`,
        soapAction: undefined,
      };
}

function readTree(body: Buffer): SoapElement | undefined {
  const text = body.toString("utf8").replace(/^\uFEFF?\s*/, "");
  if (!text.startsWith("<")) return undefined;
  try {
    return parseTree(text);
  } catch (error) {
    if (error instanceof XmlFault) return undefined;
    throw error;
  }
}

/** The header wins over the addressing header: it is what the transport was told. */
function actionOf({ contentType, soapAction }: SoapText, envelope: SoapElement): string | undefined {
  const parameter = /;\s*action\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(contentType ?? "");
  const told = parameter?.[1] ?? parameter?.[2] ?? soapAction?.replaceAll(/^"|"$/g, "");
  if (told) return told;
  const header = elementsOf(envelope).find(({ local, uri }) => local === "Header" && uri === envelope.uri);
  const action =
    header &&
    elementsOf(header).find((one) => one.local === "Action" && addressingNamespaces.includes(one.uri));
  const text = action?.children
    .filter((child) => typeof child === "string")
    .join("")
    .trim();
  return text?.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function convertEnvelope(envelope: SoapElement, from: SoapVersion, to: SoapVersion): void {
  const fromNamespace = envelopeNamespaces[from];
  rename(envelope, from, to);
  for (const part of elementsOf(envelope)) {
    if (part.uri !== fromNamespace) continue;
    rename(part, from, to);
    if (part.local === "Header") for (const block of elementsOf(part)) convertBlock(block, from, to);
    else if (part.local === "Body")
      part.children = part.children.map((child) =>
        typeof child !== "string" && child.local === "Fault" && child.uri === fromNamespace
          ? convertFault(child, to)
          : child,
      );
  }
}

/** Gives a part of the envelope its name in the other version. 1.2 allows no `encodingStyle` here. */
function rename(element: SoapElement, from: SoapVersion, to: SoapVersion): void {
  element.uri = envelopeNamespaces[to];
  element.attributes = element.attributes.filter(
    ({ local, uri }) => !(local === "encodingStyle" && uri === envelopeNamespaces[from]),
  );
  redeclare(element, from, to);
}

function redeclare(element: SoapElement, from: SoapVersion, to: SoapVersion): void {
  for (const attribute of element.attributes)
    if (isDeclaration(attribute) && attribute.value === envelopeNamespaces[from])
      attribute.value = envelopeNamespaces[to];
}

/** A header block: for whom it is, and whether it must be understood. */
function convertBlock(block: SoapElement, from: SoapVersion, to: SoapVersion): void {
  redeclare(block, from, to);
  block.attributes = block.attributes.flatMap((attribute) => {
    if (attribute.uri !== envelopeNamespaces[from]) return [attribute];
    const renamed = { ...attribute, uri: envelopeNamespaces[to] };
    switch (attribute.local) {
      case "actor":
      case "role": {
        // Without an actor a block is for the ultimate receiver; 1.1 has no name for it.
        if (to === "1.1" && attribute.value === ultimateReceiver) return [];
        const value = attribute.value === nextActor[from] ? nextActor[to] : attribute.value;
        return [{ ...renamed, local: to === "1.1" ? "actor" : "role", value }];
      }
      case "mustUnderstand": {
        const isMust = attribute.value === "1" || attribute.value === "true";
        return [{ ...renamed, value: to === "1.1" ? (isMust ? "1" : "0") : String(isMust) }];
      }
      case "relay":
        return [];
      default:
        return [renamed];
    }
  });
}
