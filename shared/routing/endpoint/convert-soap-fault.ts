import { builtInNamespaces } from "../soap.ts";
import { declaration, elementsOf, innerText, type SoapAttribute, type SoapElement } from "./soap-tree.ts";

const { s11, s12 } = builtInNamespaces;
const namespaceOfXml = "http://www.w3.org/XML/1998/namespace";

/** Codes that the two versions name differently. */
const codes12: Record<string, string> = {
  Client: "Sender",
  Server: "Receiver",
  MustUnderstand: "MustUnderstand",
  VersionMismatch: "VersionMismatch",
};
const codes11: Record<string, string> = {
  Sender: "Client",
  Receiver: "Server",
  MustUnderstand: "MustUnderstand",
  VersionMismatch: "VersionMismatch",
  DataEncodingUnknown: "Client",
};

/** A fault in the form of the other version. A code of somebody's own is a subcode in 1.2. */
export function convertFault(fault: SoapElement, to: "1.1" | "1.2"): SoapElement {
  return to === "1.2" ? toFault12(fault) : toFault11(fault);
}

function toFault12(fault: SoapElement): SoapElement {
  const { prefix } = fault;
  const part = (local: string) => elementsOf(fault).find((one) => one.local === local);
  const make = (local: string, children: SoapElement["children"], attributes: SoapAttribute[] = []) =>
    element(prefix, local, s12, children, attributes);
  const code = part("faultcode");
  const [main = ""] = localName(code && innerText(code)).split(".");
  const own = codes12[main] === undefined ? code : undefined;
  const value = make("Value", [`s12:${codes12[main] ?? "Receiver"}`], [declaration("s12", s12)]);
  const subcode = own && make("Subcode", [make("Value", own.children, declarationsFor(own, fault))]);
  const text = part("faultstring");
  const language = text?.attributes.find(({ local, uri }) => local === "lang" && uri === namespaceOfXml);
  const lang = language ?? { prefix: "xml", local: "lang", uri: namespaceOfXml, value: "en" };
  const actor = part("faultactor");
  const detail = part("detail");
  return {
    ...fault,
    uri: s12,
    attributes: ownDeclarations(fault, s11, s12),
    children: [
      make("Code", subcode ? [value, subcode] : [value]),
      make("Reason", [make("Text", text?.children ?? [], [lang])]),
      ...(actor ? [make("Role", actor.children)] : []),
      ...(detail ? [make("Detail", detail.children, withoutDefault(detail))] : []),
    ],
  };
}

function toFault11(fault: SoapElement): SoapElement {
  const part = (of: SoapElement | undefined, local: string) =>
    of && elementsOf(of).find((one) => one.local === local);
  const make = (local: string, children: SoapElement["children"], attributes: SoapAttribute[] = []) =>
    element("", local, "", children, attributes);
  const code = part(fault, "Code");
  const main = part(code, "Value");
  const own = part(part(code, "Subcode"), "Value");
  const standard = codes11[localName(main && innerText(main))] ?? "Server";
  const text = part(part(fault, "Reason"), "Text");
  const role = part(fault, "Role");
  const detail = part(fault, "Detail");
  return {
    ...fault,
    uri: s11,
    attributes: ownDeclarations(fault, s12, s11),
    children: [
      own
        ? make("faultcode", own.children, declarationsFor(own, fault))
        : make("faultcode", [`s11:${standard}`], [declaration("s11", s11)]),
      make(
        "faultstring",
        text?.children ?? [],
        text?.attributes.filter(({ local }) => local === "lang") ?? [],
      ),
      ...(role ? [make("faultactor", role.children)] : []),
      ...(detail ? [make("detail", detail.children, withoutDefault(detail))] : []),
    ],
  };
}

function element(
  prefix: string,
  local: string,
  uri: string,
  children: SoapElement["children"],
  attributes: SoapAttribute[],
): SoapElement {
  return { prefix, local, uri, attributes, children };
}

const localName = (name = ""): string => name.slice(name.indexOf(":") + 1);

/** A code is a qualified name in text: what its prefix stands for must be declared where it is written anew. */
function declarationsFor(code: SoapElement, fault: SoapElement): SoapAttribute[] {
  const text = innerText(code);
  const prefix = text.includes(":") ? text.slice(0, text.indexOf(":")) : "";
  const declared = [...code.attributes, ...fault.attributes].find(
    (one) => one.prefix === "xmlns" && one.local === prefix,
  );
  return declared ? [declared] : [];
}

function ownDeclarations({ attributes }: SoapElement, from: string, to: string): SoapAttribute[] {
  return attributes.map((one) => (one.value === from ? { ...one, value: to } : one));
}

/** The default namespace is that of another name now; where a child is in it, it is declared there. */
function withoutDefault({ attributes }: SoapElement): SoapAttribute[] {
  return attributes.filter(({ prefix, local }) => !(prefix === "" && local === "xmlns"));
}
