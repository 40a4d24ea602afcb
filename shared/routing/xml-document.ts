import { SaxesParser } from "saxes";
import { routingLimits as limits } from "./limits.ts";

/** Why a text cannot be used as XML. */
export class XmlFault extends Error {
  override readonly name = "XmlFault";
}

/** An evaluation visited more nodes than it may. */
export class VisitsExceeded extends Error {
  override readonly name = "VisitsExceeded";
}

export const nodeTypes = {
  element: 1,
  attribute: 2,
  text: 3,
  instruction: 7,
  comment: 8,
  document: 9,
} as const;

/** Text costs a visit for each so many characters. */
const charactersPerVisit = 256;

/** Counts what evaluations look at, and ends one when that is too much: for itself, or for all of them together. */
class Meter {
  #left = 0;
  #leftForAll: number = limits.maxXPathVisitsPerMessage;

  begin(): void {
    this.#left = limits.maxXPathVisits;
  }

  spend(visits: number): void {
    this.#left -= visits;
    this.#leftForAll -= visits;
    if (this.#left < 0) {
      throw new VisitsExceeded(`visited more than ${limits.maxXPathVisits} nodes of the message`);
    }
    if (this.#leftForAll < 0) {
      throw new VisitsExceeded(
        `came after others that had visited ${limits.maxXPathVisitsPerMessage} nodes of the message`,
      );
    }
  }
}

/**
 * A node as an XPath evaluator reads the DOM: read-only, and metered, since an expression may visit each node many times over and
 * the evaluator itself has no bound.
 */
export class XmlNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly localName: string | null;
  readonly prefix: string | null;
  readonly namespaceURI: string | null;
  readonly ownerDocument: XmlNode | null;
  readonly #order: number;
  readonly #value: string | null;
  readonly #meter: Meter;
  readonly #children: XmlNode[] = [];
  readonly #attributes: XmlNode[] = [];
  #parent: XmlNode | null = null;
  #index = 0;

  constructor(
    meter: Meter,
    order: number,
    document: XmlNode | null,
    node: { type: number; name: string; local?: string; prefix?: string; uri?: string; value?: string },
  ) {
    this.#meter = meter;
    this.#order = order;
    this.#value = node.value ?? null;
    this.nodeType = node.type;
    this.nodeName = node.name;
    this.localName = node.local ?? null;
    this.prefix = node.prefix || null;
    this.namespaceURI = node.uri || null;
    this.ownerDocument = document;
  }

  append(child: XmlNode): void {
    child.#parent = this;
    child.#index = this.#children.length;
    this.#children.push(child);
  }

  addAttribute(attribute: XmlNode): void {
    attribute.#parent = this;
    this.#attributes.push(attribute);
  }

  get firstChild(): XmlNode | null {
    this.#meter.spend(1);
    return this.#children[0] ?? null;
  }

  get nextSibling(): XmlNode | null {
    this.#meter.spend(1);
    return this.#sibling(this.#index + 1);
  }

  get previousSibling(): XmlNode | null {
    this.#meter.spend(1);
    return this.#sibling(this.#index - 1);
  }

  /** An attribute has an owner, not a parent. */
  get parentNode(): XmlNode | null {
    this.#meter.spend(1);
    return this.nodeType === nodeTypes.attribute ? null : this.#parent;
  }

  get ownerElement(): XmlNode | null {
    this.#meter.spend(1);
    return this.nodeType === nodeTypes.attribute ? this.#parent : null;
  }

  get childNodes(): readonly XmlNode[] {
    this.#meter.spend(this.#children.length);
    return this.#children;
  }

  get attributes(): { length: number; item: (index: number) => XmlNode | null } | null {
    if (this.nodeType !== nodeTypes.element) return null;
    this.#meter.spend(1 + this.#attributes.length);
    return { length: this.#attributes.length, item: (index) => this.#attributes[index] ?? null };
  }

  get nodeValue(): string | null {
    this.#meter.spend(1 + (this.#value?.length ?? 0) / charactersPerVisit);
    return this.#value;
  }

  get value(): string | null {
    return this.nodeValue;
  }

  get documentElement(): XmlNode | null {
    return this.#children.find(({ nodeType }) => nodeType === nodeTypes.element) ?? null;
  }

  /** As in the DOM: 4 when the other follows, 2 when it precedes. */
  compareDocumentPosition(other: XmlNode): number {
    this.#meter.spend(1);
    return other.#order === this.#order ? 0 : other.#order > this.#order ? 4 : 2;
  }

  #sibling(index: number): XmlNode | null {
    const parent = this.#parent;
    if (!parent || this.nodeType === nodeTypes.attribute) return null;
    return parent.#children[index] ?? null;
  }

  /** Gives the next evaluation its visits. */
  allowVisits(): void {
    this.#meter.begin();
  }

  /** The child elements with this name, in one of these namespaces. */
  *elements(local: string, namespaces: readonly (string | null)[]): Generator<XmlNode> {
    for (const child of this.#children) {
      if (child.localName === local && namespaces.includes(child.namespaceURI)) yield child;
    }
  }

  /** The child elements. */
  *allElements(): Generator<XmlNode> {
    for (const child of this.#children) if (child.nodeType === nodeTypes.element) yield child;
  }

  *allAttributes(): Generator<{ name: string; value: string }> {
    for (const attribute of this.#attributes)
      yield { name: attribute.expandedName, value: attribute.#value ?? "" };
  }

  /** The name with its namespace: `{namespace}name`. */
  get expandedName(): string {
    return `{${this.namespaceURI ?? ""}}${this.localName}`;
  }

  /** All text in this element, however deep. */
  get text(): string {
    if (this.nodeType === nodeTypes.text) return this.#value ?? "";
    let text = "";
    for (const child of this.#children) {
      if (child.nodeType === nodeTypes.text || child.nodeType === nodeTypes.element) text += child.text;
    }
    return text;
  }

  /** An attribute without a namespace. */
  attribute(local: string): string | undefined {
    const found = this.#attributes.find((one) => one.localName === local && one.namespaceURI === null);
    return found ? (found.#value ?? undefined) : undefined;
  }

  /** The text directly in this element. */
  get ownText(): string {
    return this.#children
      .map((child) => (child.nodeType === nodeTypes.text ? child.#value : ""))
      .join("")
      .trim();
  }
}

/**
 * Reads XML text. Throws XmlFault when it is not well-formed, has a document type (and so perhaps entities), or is too large or
 * nested too deeply. Nothing outside the text is ever loaded.
 */
export function parseXml(text: string): XmlNode {
  const building = new Building();
  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.on("error", (error) => {
    throw new XmlFault(`is not well-formed XML: ${error.message}`);
  });
  parser.on("doctype", () => {
    throw new XmlFault("has a document type declaration, which is refused");
  });
  parser.on("opentag", (tag) => building.open(tag));
  parser.on("closetag", () => building.close());
  parser.on("text", (value) => building.text(value));
  parser.on("cdata", (value) => building.text(value));
  parser.on("comment", (value) => building.leaf({ type: nodeTypes.comment, name: "#comment", value }));
  parser.on("processinginstruction", ({ target, body }) =>
    building.leaf({ type: nodeTypes.instruction, name: target, local: target, value: body }),
  );
  parser.write(text).close();
  return building.document;
}

const namespaceOfDeclarations = "http://www.w3.org/2000/xmlns/";

interface Tag {
  name: string;
  local: string;
  prefix: string;
  uri: string;
  attributes: Readonly<
    Record<string, { name: string; local: string; prefix: string; uri: string; value: string }>
  >;
}

/** A document that grows, within its bounds. */
class Building {
  readonly document: XmlNode;
  readonly #meter = new Meter();
  readonly #open: XmlNode[];
  #nodes = 0;
  #text = "";

  constructor() {
    this.document = new XmlNode(this.#meter, 0, null, { type: nodeTypes.document, name: "#document" });
    this.#open = [this.document];
  }

  open({ name, local, prefix, uri, attributes }: Tag): void {
    this.#endText();
    if (this.#open.length > limits.maxBodyDepth) {
      throw new XmlFault(`is nested deeper than ${limits.maxBodyDepth} levels`);
    }
    const element = this.#make({ type: nodeTypes.element, name, local, prefix, uri });
    for (const attribute of Object.values(attributes)) {
      // Declarations of namespaces are no attributes to XPath.
      if (attribute.uri === namespaceOfDeclarations) continue;
      element.addAttribute(this.#make({ type: nodeTypes.attribute, ...attribute }));
    }
    this.#open.at(-1)?.append(element);
    this.#open.push(element);
  }

  close(): void {
    this.#endText();
    this.#open.pop();
  }

  text(value: string): void {
    this.#text += value;
  }

  leaf(node: { type: number; name: string; local?: string; value: string }): void {
    this.#endText();
    this.#open.at(-1)?.append(this.#make(node));
  }

  /** Text and CDATA side by side are one text node to XPath; text outside the root is none. */
  #endText(): void {
    const value = this.#text;
    this.#text = "";
    if (value === "" || this.#open.length === 1) return;
    this.#open.at(-1)?.append(this.#make({ type: nodeTypes.text, name: "#text", value }));
  }

  #make(node: ConstructorParameters<typeof XmlNode>[3]): XmlNode {
    this.#nodes += 1;
    if (this.#nodes > limits.maxXmlNodes) throw new XmlFault(`has more than ${limits.maxXmlNodes} nodes`);
    return new XmlNode(this.#meter, this.#nodes, this.document, node);
  }
}
