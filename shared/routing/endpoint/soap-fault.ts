import { builtInNamespaces, readEnvelope } from "../soap.ts";
import { parseXml, XmlFault } from "../xml-document.ts";

/** Whether an answer is a SOAP envelope that holds a fault. Its HTTP status does not matter: services differ in it. */
export function isSoapFault(contentType: string | undefined, body: Buffer): boolean {
  // Reading XML costs; most answers are none, and few have the word in them.
  if (!/[/+]xml\b/i.test(contentType ?? "") || !body.includes("Fault")) return false;
  try {
    const content = readEnvelope(parseXml(body.toString("utf8").replace(/^\uFEFF?\s*/, "")))?.body;
    const namespaces = [builtInNamespaces.s11, builtInNamespaces.s12];
    return content !== undefined && !content.elements("Fault", namespaces).next().done;
  } catch (error) {
    if (error instanceof XmlFault) return false;
    throw error;
  }
}
