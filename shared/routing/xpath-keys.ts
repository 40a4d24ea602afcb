import { exactKeys, keysOfAll, keysOfAny, type KeyOptions } from "./filter-key.ts";
import { builtInNamespaces } from "./soap.ts";
import { xpathLibrary, type XPathNode, type XPathStep } from "./xpath-library.mjs";
import { splitName } from "./xpath-reach.ts";

const { CHILD, ATTRIBUTE, DESCENDANTORSELF } = xpathLibrary.Step;

/** Stands for any element of the document, wherever it is. */
export const anywhere = "//";

type UriOf = (prefix: string) => string | undefined;

/** What every message has for which an expression comes to true: where an element or attribute is compared with a text, or an action is. */
export function keysOfXPath(root: XPathNode, uriOf: UriOf): KeyOptions {
  const node = unwrapped(root);
  if (node instanceof xpathLibrary.AndOperation) return keysOfAll(operandsOf(node, uriOf));
  if (node instanceof xpathLibrary.OrOperation) return keysOfAny(operandsOf(node, uriOf));
  if (node instanceof xpathLibrary.EqualsOperation) {
    return keysOfComparison(node.lhs, node.rhs, uriOf) ?? keysOfComparison(node.rhs, node.lhs, uriOf) ?? [];
  }
  const [of, text] = node.functionName === "starts-with" ? (node.arguments ?? []) : [];
  const prefix = textOf(text);
  if (!of || !prefix) return [];
  const paths = pathsOf(of, uriOf);
  return paths.length === 0 ? [] : [paths.map((path) => ({ source: "xml", path, wants: { prefix } }))];
}

function operandsOf({ lhs, rhs }: XPathNode, uriOf: UriOf): KeyOptions[] {
  return [lhs, rhs].map((side) => (side ? keysOfXPath(side, uriOf) : []));
}

function keysOfComparison(
  of: XPathNode | undefined,
  with_: XPathNode | undefined,
  uriOf: UriOf,
): KeyOptions | undefined {
  const text = textOf(with_);
  if (!of || text === undefined) return undefined;
  if (isOwnCall(unwrapped(of), "action", uriOf)) return text === "" ? [] : exactKeys("action", [], [text]);
  const paths = pathsOf(of, uriOf);
  if (paths.length === 0) return undefined;
  return [paths.map((path) => ({ source: "xml", path, wants: { exact: text } }))];
}

/** Where the nodes of a path may be, if it names them one by one from the document or from the SOAP header or body. */
function pathsOf(part: XPathNode, uriOf: UriOf): readonly (readonly string[])[] {
  const node = isPath(part) ? part : unwrapped(part);
  const steps = node.locationPath?.steps;
  if (!steps || (node.filterPredicates ?? []).length > 0) return [];
  const names = namesOf(steps, uriOf);
  if (!names) return [];
  if (!node.filter) return [names];
  const start = unwrapped(node.filter);
  const within = isOwnCall(start, "header", uriOf)
    ? "Header"
    : isOwnCall(start, "body", uriOf)
      ? "Body"
      : undefined;
  if (!within || names[0] === anywhere) return [];
  const { s11, s12 } = builtInNamespaces;
  return [s11, s12].map((uri) => [`{${uri}}Envelope`, `{${uri}}${within}`, ...names]);
}

function namesOf(steps: readonly XPathStep[], uriOf: UriOf): string[] | undefined {
  const names: string[] = [];
  for (const [at, { axis, nodeTest, predicates }] of steps.entries()) {
    if (predicates.length > 0) return undefined;
    const { localName, prefix } = nodeTest;
    if (axis === DESCENDANTORSELF && at === 0 && localName === undefined && prefix === undefined) {
      names.push(anywhere);
      continue;
    }
    const isLast = at === steps.length - 1;
    if (localName === undefined || !(axis === CHILD || (axis === ATTRIBUTE && isLast))) return undefined;
    names.push(`${axis === ATTRIBUTE ? "@" : ""}{${prefix ? (uriOf(prefix) ?? "") : ""}}${localName}`);
  }
  return names.length > 0 && names.at(-1) !== anywhere ? names : undefined;
}

function isPath(node: XPathNode): boolean {
  return node.locationPath !== undefined;
}

/** Whether a part is a call of a function of the original engine, without arguments. */
function isOwnCall(node: XPathNode, name: string, uriOf: UriOf): boolean {
  const [prefix, local] = splitName(node.functionName ?? "");
  return local === name && prefix !== "" && uriOf(prefix) === builtInNamespaces.sm;
}

function textOf(part: XPathNode | undefined): string | undefined {
  return part && unwrapped(part).str;
}

/** The part itself where parentheses or the library put something round it. */
function unwrapped(part: XPathNode): XPathNode {
  let node = part;
  while (node.filter && !node.locationPath && (node.filterPredicates ?? []).length === 0) node = node.filter;
  return node;
}
