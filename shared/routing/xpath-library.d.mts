import type { XmlNode } from "./xml-document.ts";

/** A parsed expression as the library builds it. Its own types know neither this nor that any DOM will do. */
export interface XPathNode {
  lhs?: XPathNode;
  rhs?: XPathNode;
  filter?: XPathNode;
  filterPredicates?: readonly XPathNode[];
  locationPath?: { absolute: boolean; steps: readonly XPathStep[] };
  functionName?: string;
  arguments?: readonly XPathNode[];
  variable?: string;
  /** Of a text in quotes. */
  str?: string;
}

export interface XPathStep {
  axis: number;
  nodeTest: { prefix?: string | null; localName?: string };
  predicates: readonly XPathNode[];
}

/** What an expression, or an argument of a function, came to. */
export interface XPathValue {
  booleanValue: () => boolean;
  numberValue: () => number;
  stringValue: () => string;
  /** Of a node-set only: its nodes in document order, each once. */
  toArray?: () => XmlNode[];
  stringForNode?: (node: XmlNode) => string;
}

export type XPathFunction = (
  context: unknown,
  ...values: XPathValue[]
) => string | number | boolean | XmlNode[];

interface Evaluation {
  node: XmlNode;
  namespaces: Readonly<Record<string, string>>;
  functions: (name: string, namespace: string) => XPathFunction | undefined;
}

interface Library {
  parse: (expression: string) => {
    expression: { expression: XPathNode };
    evaluate: (evaluation: Evaluation) => XPathValue;
  };
  AndOperation: new () => { readonly kind: "and" };
  OrOperation: new () => { readonly kind: "or" };
  EqualsOperation: new () => { readonly kind: "equals" };
  FunctionResolver: new () => { getFunction: (name: string, namespace: string) => unknown };
  Step: Record<"CHILD" | "ATTRIBUTE" | "SELF" | "DESCENDANT" | "DESCENDANTORSELF" | "NAMESPACE", number>;
}

export const xpathLibrary: Library;
