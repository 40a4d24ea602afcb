import type { XmlNode } from "./xml-document.ts";

/** The namespaces that the original engine knows, with the prefixes that every XPath filter may use undeclared. */
export const builtInNamespaces = {
  s11: "http://schemas.xmlsoap.org/soap/envelope/",
  s12: "http://www.w3.org/2003/05/soap-envelope",
  wsa10: "http://www.w3.org/2005/08/addressing",
  wsaAugust2004: "http://schemas.xmlsoap.org/ws/2004/08/addressing",
  tempuri: "http://tempuri.org/",
  ser: "http://schemas.microsoft.com/2003/10/Serialization/",
  sm: "http://schemas.microsoft.com/serviceModel/2004/05/xpathfunctions",
} as const;

/** Addressing headers of messages whose transport addresses them have this namespace in the original system. */
const addressingNone = "http://schemas.microsoft.com/ws/2005/05/addressing/none";
export const addressingNamespaces: readonly string[] = [
  builtInNamespaces.wsa10,
  builtInNamespaces.wsaAugust2004,
  addressingNone,
];

/** What a SOAP message says of itself. */
export interface Envelope {
  version: "1.1" | "1.2";
  header: XmlNode | undefined;
  body: XmlNode | undefined;
  action: string | undefined;
  to: string | undefined;
}

/** Reads the envelope, or undefined when the document is none. */
export function readEnvelope(document: XmlNode): Envelope | undefined {
  const root = document.documentElement;
  const namespace = root?.namespaceURI ?? null;
  if (root?.localName !== "Envelope") return undefined;
  if (namespace !== builtInNamespaces.s11 && namespace !== builtInNamespaces.s12) return undefined;
  const header = first(root.elements("Header", [namespace]));
  const addressing = (name: string): string | undefined =>
    header && first(header.elements(name, addressingNamespaces))?.ownText;
  return {
    version: namespace === builtInNamespaces.s11 ? "1.1" : "1.2",
    header,
    body: first(root.elements("Body", [namespace])),
    action: addressing("Action"),
    to: addressing("To"),
  };
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
