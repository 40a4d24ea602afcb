import { SaxesParser } from "saxes";
import { routingLimits as limits } from "../limits.ts";
import { XmlFault } from "../xml-document.ts";

/** An attribute, or the declaration of a namespace. */
export interface SoapAttribute {
  prefix: string;
  local: string;
  uri: string;
  value: string;
}

/** An element that can be changed and written again. What is no element is kept as XML text. */
export interface SoapElement {
  prefix: string;
  local: string;
  uri: string;
  attributes: SoapAttribute[];
  children: (SoapElement | string)[];
}

const namespaceOfDeclarations = "http://www.w3.org/2000/xmlns/";

/** Reads the root element, with the bounds of `parseXml`. Throws XmlFault. */
export function parseTree(text: string): SoapElement {
  const open: SoapElement[] = [];
  let root: SoapElement | undefined;
  let nodes = 0;
  const parser = new SaxesParser({ xmlns: true, position: false });
  const append = (child: SoapElement | string): void => {
    nodes += 1;
    if (nodes > limits.maxXmlNodes) throw new XmlFault(`has more than ${limits.maxXmlNodes} nodes`);
    open.at(-1)?.children.push(child);
  };
  parser.on("error", (error) => {
    throw new XmlFault(`is not well-formed XML: ${error.message}`);
  });
  parser.on("doctype", () => {
    throw new XmlFault("has a document type declaration, which is refused");
  });
  parser.on("opentag", ({ prefix, local, uri, attributes }) => {
    if (open.length >= limits.maxBodyDepth)
      throw new XmlFault(`is nested deeper than ${limits.maxBodyDepth} levels`);
    const element: SoapElement = {
      prefix,
      local,
      uri,
      attributes: Object.values(attributes).map(({ prefix, local, uri, value }) => ({
        prefix,
        local,
        uri,
        value,
      })),
      children: [],
    };
    append(element);
    open.push(element);
    root ??= element;
  });
  parser.on("closetag", () => open.pop());
  parser.on("text", (value) => append(escapeText(value)));
  parser.on("cdata", (value) => append(`<![CDATA[${value}]]>`));
  parser.on("comment", (value) => append(`<!--${value}-->`));
  parser.on("processinginstruction", ({ target, body }) => append(`<?${target} ${body}?>`));
  parser.write(text).close();
  if (!root) throw new XmlFault("has no element");
  return root;
}

/** Writes the element. Where a name's namespace is not what its prefix stands for at this place, the declaration is added. */
export function writeTree(element: SoapElement, scope: ReadonlyMap<string, string> = new Map()): string {
  const { prefix, local, uri, children } = element;
  const attributes = [...element.attributes];
  const inner = new Map(scope);
  for (const one of attributes) if (isDeclaration(one)) inner.set(declaredPrefix(one), one.value);
  const declare = (of: { prefix: string; uri: string }): void => {
    if (of.prefix === "xml" || (inner.get(of.prefix) ?? "") === of.uri) return;
    attributes.push(declaration(of.prefix, of.uri));
    inner.set(of.prefix, of.uri);
  };
  declare({ prefix, uri });
  for (const one of element.attributes) if (!isDeclaration(one) && one.prefix !== "") declare(one);
  const name = qualified(prefix, local);
  const written = attributes.map((one) => ` ${qualified(one.prefix, one.local)}="${escapeValue(one.value)}"`);
  const content = children.map((child) => (typeof child === "string" ? child : writeTree(child, inner)));
  return `<${name}${written.join("")}${content.length === 0 ? "/>" : `>${content.join("")}</${name}>`}`;
}

/** The declaration that this prefix (none: the default) stands for this namespace. */
export function declaration(prefix: string, uri: string): SoapAttribute {
  return prefix === ""
    ? { prefix: "", local: "xmlns", uri: namespaceOfDeclarations, value: uri }
    : { prefix: "xmlns", local: prefix, uri: namespaceOfDeclarations, value: uri };
}

export function isDeclaration({ uri }: SoapAttribute): boolean {
  return uri === namespaceOfDeclarations;
}

/** Text as it stands in XML. */
export function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}

/** The child elements. */
export function elementsOf({ children }: SoapElement): SoapElement[] {
  return children.filter((child) => typeof child !== "string");
}

/** The text directly in an element, as XML. */
export function innerText({ children }: SoapElement): string {
  return children
    .filter((child) => typeof child === "string")
    .join("")
    .trim();
}

const declaredPrefix = ({ prefix, local }: SoapAttribute): string => (prefix === "" ? "" : local);

const qualified = (prefix: string, local: string): string => (prefix === "" ? local : `${prefix}:${local}`);

function escapeValue(text: string): string {
  return escapeText(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}
