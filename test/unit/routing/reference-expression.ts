import type { EventAttributes } from "../../../shared/routing/cloud-event.ts";
import type { MessageView } from "../../../shared/routing/message-view.ts";

/** Expressions of the property test, worked out from their text: one or two comparisons. undefined: cannot be judged. */
export function judgeCel(expression: string, view: MessageView): boolean | undefined {
  if (expression.includes("body.") && "reason" in view.json) return undefined;
  const isOr = expression.includes(" || ");
  const terms = expression.split(isOr ? " || " : " && ");
  const verdicts = new Set(terms.map((term) => judgeTerm(term, view)));
  if (verdicts.has(isOr)) return isOr;
  return verdicts.has(undefined) ? undefined : !isOr;
}

function judgeTerm(term: string, view: MessageView): boolean | undefined {
  const [left = "", sign, right = ""] = term.split(" ");
  const place = /^(body|headers)\.(.)$/.exec(left) ?? /^(body|headers)\.(.)$/.exec(right);
  const constant = left.includes("body.") || left.includes("headers.") ? right : left;
  const wanted: unknown = JSON.parse(constant.replaceAll("'", '"'));
  const body = "value" in view.json ? view.json.value : undefined;
  const holder = place?.[1] === "headers" ? Object.fromEntries(view.headers) : body;
  if (typeof holder !== "object" || holder === null || Array.isArray(holder)) return undefined;
  const value: unknown = Object.entries(holder).find(([key]) => key === place?.[2])?.[1];
  if (value === undefined) return undefined;
  if (sign === "==") return value === wanted;
  return typeof value === "number" ? value >= Number(wanted) : undefined;
}

/** A dialect of the CloudEvents Subscriptions API. */
export function judgeDialect(dialect: unknown, attributes: EventAttributes): boolean {
  const [[name, value] = ["", undefined]] = Object.entries(Object(dialect));
  const inner = (): boolean[] =>
    (Array.isArray(value) ? value : []).map((one) => judgeDialect(one, attributes));
  switch (name) {
    case "all":
      return !inner().includes(false);
    case "any":
      return inner().includes(true);
    case "not":
      return !judgeDialect(value, attributes);
    case "sql":
      return judgeSql(String(value), attributes) === true;
    default: {
      const [[attribute, text] = ["", ""]] = Object.entries(Object(value));
      return compares(name, attributes.get(attribute) ?? "", String(text));
    }
  }
}

function compares(name: string, value: string, text: string): boolean {
  if (name === "exact") return value === text;
  return name === "prefix" ? value.startsWith(text) : value.endsWith(text);
}

/** The first error ends the evaluation: undefined. */
function judgeSql(sql: string, attributes: EventAttributes): boolean | undefined {
  const isOr = sql.includes(" OR ");
  for (const term of sql.split(isOr ? " OR " : " AND ")) {
    const [attribute = "", operator, text = ""] = term.split(" ");
    const value = attributes.get(attribute);
    if (value === undefined) return undefined;
    const wanted = text.replaceAll(/[%']/g, "");
    const verdict = operator === "LIKE" ? value.startsWith(wanted) : value === wanted;
    if (verdict === isOr) return isOr;
  }
  return !isOr;
}
