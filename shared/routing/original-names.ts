import type { XmlNode } from "./xml-document.ts";

/** A name that a table takes: what is not allowed in it becomes a hyphen. */
export function toName(text: string): string {
  return text.replace(/[^A-Za-z0-9._:-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
}

/** The first child element of this name, which has no namespace in configuration files. */
export function child(node: XmlNode | null | undefined, local: string): XmlNode | undefined {
  return children(node, local)[0];
}

/** All child elements of this name. */
export function children(node: XmlNode | null | undefined, local: string): XmlNode[] {
  return node ? [...node.elements(local, [null])] : [];
}
