import Builder from "fast-xml-builder";
import { XMLParser, XMLValidator } from "fast-xml-parser";

import { BrokerError } from "../broker-error.ts";

/** An element: children by name without prefix, attributes by name with `@` before it, and its text under `#text`. */
export interface XmlElement {
  readonly [name: string]: XmlContent | readonly XmlContent[] | undefined;
}

/** An element that holds text alone is that text. */
export type XmlContent = XmlElement | string;

/** Elements inside elements; requests have about eight. */
const maxNestedTags = 32;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  // Decodes character references too, with which clients write line ends.
  htmlEntities: true,
  maxNestedTags,
});
const builder = new Builder({ ignoreAttributes: false, attributeNamePrefix: "@" });

/** Reads a document. Throws BrokerError unless it is well-formed XML without a DOCTYPE, so that no entity is ever defined. */
export function parseXml(text: string): XmlElement {
  if (/<!DOCTYPE/i.test(text)) throw malformed("a DOCTYPE is not allowed");
  const validity = XMLValidator.validate(text);
  if (validity !== true) throw malformed(`${validity.err.msg} (line ${validity.err.line})`);
  try {
    const root: XmlElement = parser.parse(text);
    return root;
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

/** Writes a document of one root element. Properties that are undefined are left out. */
export function writeXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="utf-8"?>${builder.build(root)}`;
}

/** The first child of a name, if it has children or attributes of its own. */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  return children(element, name)[0];
}

/** All children of a name; one that is empty or holds text alone counts as an element with that text. */
export function children(element: XmlElement, name: string): XmlElement[] {
  const value = element[name];
  if (value === undefined) return [];
  return listOf(value).map((item) => (typeof item === "string" ? { "#text": item } : item));
}

/** The text of the first child of a name. */
export function textOf(element: XmlElement, name: string): string | undefined {
  const first = child(element, name);
  return first && ownText(first);
}

/** The text of an element itself. */
export function ownText(element: XmlElement): string {
  const text = element["#text"];
  return typeof text === "string" ? text : "";
}

/** An attribute, by its name without prefix. */
export function attribute(element: XmlElement, name: string): string | undefined {
  const value = element[`@${name}`];
  return typeof value === "string" ? value : undefined;
}

function listOf(value: XmlContent | readonly XmlContent[]): readonly XmlContent[] {
  return isList(value) ? value : [value];
}

function isList(value: XmlContent | readonly XmlContent[]): value is readonly XmlContent[] {
  return Array.isArray(value);
}

function malformed(problem: string): BrokerError {
  return new BrokerError("com.microsoft:argument-error", `The body is not a valid XML document: ${problem}.`);
}
