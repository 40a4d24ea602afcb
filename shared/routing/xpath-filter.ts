import { reasonOf } from "../kernel/log.ts";
import { FilterFault } from "./filter-fault.ts";
import type { KeyOptions } from "./filter-key.ts";
import type { MessageView } from "./message-view.ts";
import { builtInNamespaces } from "./soap.ts";
import { parseXml, type XmlNode } from "./xml-document.ts";
import { messageFunctions, type Asked } from "./xpath-functions.ts";
import { xpathLibrary, type XPathFunction, type XPathNode } from "./xpath-library.mjs";
import { keysOfXPath } from "./xpath-keys.ts";
import { readsHeadersOnly, splitName } from "./xpath-reach.ts";

export interface XPathFilter {
  readsBody: boolean;
  /** What a message must have for the expression to come to true. */
  keys: KeyOptions;
  /** Whether it matches, or why that cannot be said. */
  judge: (view: MessageView) => boolean | { reason: string };
}

/**
 * Compiles an XPath 1.0 expression. As in the original engine what it comes to is converted: a set of nodes matches when it is not
 * empty, a number when it is neither 0 nor NaN, a text when it is not empty. Throws FilterFault when the expression is not sound.
 */
export function compileXPath(
  expression: string,
  declared: Readonly<Record<string, string>>,
  now: () => number,
): XPathFilter {
  const namespaces: Record<string, string> = { ...builtInNamespaces, ...declared };
  const uriOf = (prefix: string): string | undefined =>
    Object.hasOwn(namespaces, prefix) ? namespaces[prefix] : undefined;
  const parsed = parse(expression);
  const root = parsed.expression.expression;
  checkNames(root, uriOf);
  const evaluate = (document: XmlNode): boolean => {
    document.allowVisits();
    const asked = { document, nowMs: now() };
    return parsed
      .evaluate({ node: document, namespaces, functions: (name, uri) => findFunction(name, uri, asked) })
      .booleanValue();
  };
  tryOut(evaluate);
  return {
    readsBody: !readsHeadersOnly(root, uriOf),
    keys: keysOfXPath(root, uriOf),
    judge: ({ xml }) => {
      if ("reason" in xml) return xml;
      try {
        return evaluate(xml.value);
      } catch (error) {
        return { reason: `the expression ${reasonOf(error)}` };
      }
    },
  };
}

function parse(expression: string): ReturnType<typeof xpathLibrary.parse> {
  try {
    return xpathLibrary.parse(expression);
  } catch (error) {
    throw new FilterFault("expression", `is no XPath 1.0 expression: ${reasonOf(error)}`);
  }
}

/** XPath has no errors that depend on data: what fails on an empty message (a set of nodes where none can be, say) always fails. */
function tryOut(evaluate: (document: XmlNode) => boolean): void {
  try {
    evaluate(parseXml("<empty/>"));
  } catch (error) {
    throw new FilterFault("expression", `can never be evaluated: ${reasonOf(error)}`);
  }
}

const ownFunctions = new Map<string, XPathFunction>([
  // The library counts a node as often as it was come by.
  ["count", (_context, nodes) => nodesOf(nodes, "count").length],
  [
    "sum",
    (_context, nodes) => nodesOf(nodes, "sum").reduce((sum, node) => sum + Number(textOf(nodes, node)), 0),
  ],
]);

function nodesOf(value: { toArray?: () => XmlNode[] } | undefined, name: string): XmlNode[] {
  if (!value?.toArray) throw new Error(`Function ${name} expects (node-set)`);
  return value.toArray();
}

function textOf(value: { stringForNode?: (node: XmlNode) => string }, node: XmlNode): string {
  const text = value.stringForNode?.(node).trim() ?? "";
  // Numbers of XPath have neither exponent nor plus sign.
  return /^-?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? text : "NaN";
}

function findFunction(name: string, uri: string, asked: Asked): XPathFunction | undefined {
  if (!uri) return ownFunctions.get(name);
  if (uri !== builtInNamespaces.sm) return undefined;
  const known = messageFunctions.get(name);
  return known && ((_context, value) => known.run(asked, value));
}

const coreFunctions = new xpathLibrary.FunctionResolver();

function checkNames(root: XPathNode, uriOf: (prefix: string) => string | undefined): void {
  const requirePrefix = (prefix: string): void => {
    if (prefix !== "" && uriOf(prefix) === undefined) {
      throw new FilterFault(
        "expression",
        `uses the prefix '${prefix}', which neither the filter nor the table declares`,
      );
    }
  };
  const open: XPathNode[] = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.variable !== undefined)
      throw new FilterFault("expression", `uses the variable $${node.variable}: there are none`);
    if (node.functionName !== undefined) {
      requirePrefix(splitName(node.functionName)[0]);
      checkFunction(node, uriOf);
    }
    for (const step of node.locationPath?.steps ?? []) {
      if (step.axis === xpathLibrary.Step.NAMESPACE) {
        throw new FilterFault(
          "expression",
          "uses the axis namespace::, which is not supported: compare namespace-uri()",
        );
      }
      requirePrefix(step.nodeTest.prefix ?? "");
      open.push(...step.predicates);
    }
    open.push(...partsOf(node));
  }
}

function partsOf(node: XPathNode): XPathNode[] {
  const parts = [node.lhs, node.rhs, node.filter].filter((part) => part !== undefined);
  return [...parts, ...(node.filterPredicates ?? []), ...(node.arguments ?? [])];
}

function checkFunction(node: XPathNode, uriOf: (prefix: string) => string | undefined): void {
  const [prefix, local] = splitName(node.functionName ?? "");
  const uri = prefix === "" ? "" : (uriOf(prefix) ?? "");
  const known = uri === builtInNamespaces.sm ? messageFunctions.get(local) : undefined;
  if (!known && !(uri === "" && coreFunctions.getFunction(local, ""))) {
    throw new FilterFault("expression", `calls ${node.functionName}(), which does not exist`);
  }
  const given = node.arguments?.length ?? 0;
  if (known && given !== known.arity) {
    throw new FilterFault(
      "expression",
      `gives ${node.functionName}() ${given} arguments; it takes ${known.arity}`,
    );
  }
}
