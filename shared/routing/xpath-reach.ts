import { builtInNamespaces } from "./soap.ts";
import { messageFunctions } from "./xpath-functions.ts";
import { xpathLibrary, type XPathNode, type XPathStep } from "./xpath-library.mjs";

const { CHILD, ATTRIBUTE, SELF, DESCENDANT, DESCENDANTORSELF } = xpathLibrary.Step;
const downward = new Set([CHILD, ATTRIBUTE, SELF, DESCENDANT, DESCENDANTORSELF]);
const envelopes = new Set<string>([builtInNamespaces.s11, builtInNamespaces.s12]);

/** Functions that look at the context node when they are given nothing. */
const ofContext = new Set([
  "string",
  "number",
  "normalize-space",
  "string-length",
  "name",
  "local-name",
  "namespace-uri",
  "lang",
]);

/** What a part of an expression starts from: the document, or somewhere in the SOAP header. */
type Context = "document" | "header";

/**
 * Whether an expression looks at the SOAP header only, so that it may be used where the body is not looked at. Errs to the safe
 * side: every path must lead through Envelope/Header or a function of the header, and then downward.
 */
export function readsHeadersOnly(node: XPathNode, uriOf: (prefix: string) => string | undefined): boolean {
  const check = (part: XPathNode, context: Context): boolean => {
    if (part.lhs && !check(part.lhs, context)) return false;
    if (part.rhs && !check(part.rhs, context)) return false;
    if (part.functionName !== undefined) return checkCall(part, context);
    if (part.filter) return checkFiltered(part, part.filter, context);
    return !part.locationPath || checkPath(part.locationPath, context);
  };

  const checkCall = (call: XPathNode, context: Context): boolean => {
    const [prefix, local] = splitName(call.functionName ?? "");
    const given = call.arguments ?? [];
    if (prefix !== "")
      return messageFunctions.get(local)?.isOfHeaders === true && given.every((one) => check(one, context));
    if (local === "id" || (context === "document" && given.length === 0 && ofContext.has(local)))
      return false;
    return given.every((one) => check(one, context));
  };

  const checkFiltered = (part: XPathNode, filter: XPathNode, context: Context): boolean =>
    check(filter, context) &&
    (part.filterPredicates ?? []).every((predicate) => check(predicate, "header")) &&
    (part.locationPath?.steps ?? []).every(checkStep);

  const checkStep = (step: XPathStep): boolean =>
    downward.has(step.axis) && step.predicates.every((predicate) => check(predicate, "header"));

  const checkPath = (path: { absolute: boolean; steps: readonly XPathStep[] }, context: Context): boolean => {
    if (!path.absolute && context === "header") return path.steps.every(checkStep);
    const [envelope, header, ...rest] = path.steps;
    return (
      isChild(envelope, "Envelope") &&
      envelope?.predicates.length === 0 &&
      isChild(header, "Header") &&
      header !== undefined &&
      checkStep(header) &&
      rest.every(checkStep)
    );
  };

  const isChild = (step: XPathStep | undefined, local: string): boolean =>
    step?.axis === CHILD &&
    step.nodeTest.localName === local &&
    envelopes.has(uriOf(step.nodeTest.prefix ?? "") ?? "");

  return check(node, "document");
}

/** The prefix and the local part of a qualified name. */
export function splitName(name: string): [string, string] {
  const colon = name.indexOf(":");
  return colon === -1 ? ["", name] : [name.slice(0, colon), name.slice(colon + 1)];
}
