import { parseConstraint, RouteTemplateError, type Constraint } from "./route-constraints.ts";

/** A piece of a segment: text that must be there, or a value. */
export type RoutePart = { readonly kind: "literal"; readonly text: string } | RouteParameter;

/** A value in a route. */
export interface RouteParameter {
  readonly kind: "parameter";
  readonly name: string;
  readonly isCatchAll: boolean;
  readonly isOptional: boolean;
  readonly defaultValue: string | undefined;
  readonly constraints: readonly Constraint[];
}

/** A route template, by segment. */
export interface RouteTemplate {
  readonly text: string;
  readonly segments: readonly (readonly RoutePart[])[];
}

const forbiddenInName = /[/{}?*]/;

/** Compiles a route template of ASP.NET: `items/{id:int}/{name?}/{*rest}`. Throws RouteTemplateError. */
export function parseRouteTemplate(text: string): RouteTemplate {
  if (text.startsWith("~") || text.startsWith("/")) {
    throw new RouteTemplateError("a route cannot start with '/' or '~'");
  }
  const segments = text === "" ? [] : splitSegments(text.replace(/\/$/, "")).map(parseSegment);
  const parameters = segments.flat().filter((part) => part.kind === "parameter");
  const names = parameters.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RouteTemplateError(`the parameter '${twice}' appears more than once`);
  segments.forEach((segment, index) => {
    const hasCatchAll = segment.some((part) => part.kind === "parameter" && part.isCatchAll);
    if (!hasCatchAll) return;
    if (segment.length > 1)
      throw new RouteTemplateError("a catch-all parameter must be alone in its segment");
    if (index < segments.length - 1) throw new RouteTemplateError("a catch-all parameter must come last");
  });
  return { text, segments };
}

/** Splits at the slashes that are not inside braces: a regular expression may hold one. */
function splitSegments(text: string): string[] {
  const segments = [""];
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    const isEscaped = (character === "{" || character === "}") && text.charAt(index + 1) === character;
    if (isEscaped) index += 1;
    else if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    if (character === "/" && depth <= 0) segments.push("");
    else segments[segments.length - 1] += isEscaped ? character + character : character;
  }
  if (depth !== 0) throw new RouteTemplateError("a brace is not closed");
  if (segments.includes("")) throw new RouteTemplateError("two slashes in a row");
  return segments;
}

function parseSegment(segment: string): RoutePart[] {
  const parts: RoutePart[] = [];
  let literal = "";
  const endLiteral = (): void => {
    if (literal !== "") parts.push({ kind: "literal", text: literal });
    literal = "";
  };
  for (let index = 0; index < segment.length; index += 1) {
    const character = segment.charAt(index);
    if ((character === "{" || character === "}") && segment.charAt(index + 1) === character) {
      literal += character;
      index += 1;
    } else if (character === "{") {
      endLiteral();
      const end = endOfParameter(segment, index + 1);
      parts.push(
        parseParameter(
          segment
            .slice(index + 1, end)
            .replaceAll("{{", "{")
            .replaceAll("}}", "}"),
        ),
      );
      index = end;
    } else literal += character;
  }
  endLiteral();
  checkSegment(parts, segment);
  return parts;
}

/** The closing brace of a parameter; a doubled one inside a constraint is an escaped brace. */
function endOfParameter(segment: string, from: number): number {
  for (let index = from; index < segment.length; index += 1) {
    if (segment.charAt(index) !== "}") {
      if (segment.charAt(index) === "{" && segment.charAt(index + 1) === "{") index += 1;
    } else if (segment.charAt(index + 1) === "}") index += 1;
    else return index;
  }
  throw new RouteTemplateError("a brace is not closed");
}

function parseParameter(text: string): RouteParameter {
  const stars = /^\*{0,2}/.exec(text)?.[0].length ?? 0;
  const rest = text.slice(stars);
  const [, name = "", tail = ""] = /^([^:=?]*)(.*)$/s.exec(rest) ?? [];
  if (name === "" || forbiddenInName.test(name)) {
    throw new RouteTemplateError(`'{${text}}' has no usable parameter name`);
  }
  const { constraints, defaultValue, isOptional } = parseTail(tail);
  if (isOptional && stars > 0) throw new RouteTemplateError("a catch-all parameter cannot be optional");
  if (isOptional && defaultValue !== undefined) {
    throw new RouteTemplateError("an optional parameter cannot have a default value");
  }
  return { kind: "parameter", name, isCatchAll: stars > 0, isOptional, defaultValue, constraints };
}

function parseTail(tail: string): Pick<RouteParameter, "constraints" | "defaultValue" | "isOptional"> {
  const constraints: Constraint[] = [];
  let rest = tail;
  while (rest.startsWith(":")) {
    const end = endOfConstraint(rest);
    constraints.push(parseConstraint(rest.slice(1, end)));
    rest = rest.slice(end);
  }
  const isOptional = rest === "?" || (rest.startsWith("=") && rest.endsWith("?"));
  const defaultValue = rest.startsWith("=") ? rest.slice(1, isOptional ? -1 : undefined) : undefined;
  if (rest !== "" && rest !== "?" && defaultValue === undefined) {
    throw new RouteTemplateError(`'${rest}' does not belong behind a parameter`);
  }
  return { constraints, defaultValue, isOptional };
}

/** Where a constraint ends: at the next `:`, `=` or `?` outside its parentheses. */
function endOfConstraint(text: string): number {
  const open = text.search(/[(:=?]/g) === 0 ? text.slice(1).search(/[(:=?]/) + 1 : -1;
  if (open === 0) return text.length;
  if (text.charAt(open) !== "(") return open;
  // A regular expression may hold any of the three; its own parenthesis is the last one before what may follow a constraint.
  for (let index = open + 1; index < text.length; index += 1) {
    const next = text.charAt(index + 1);
    if (text.charAt(index) === ")" && (next === "" || next === ":" || next === "=" || next === "?")) {
      return index + 1;
    }
  }
  throw new RouteTemplateError(`'${text}' is not closed`);
}

function checkSegment(parts: readonly RoutePart[], segment: string): void {
  parts.forEach((part, index) => {
    const previous = parts[index - 1];
    if (part.kind === "parameter" && previous?.kind === "parameter") {
      throw new RouteTemplateError(`'${segment}' has two parameters without text between them`);
    }
    if (part.kind !== "parameter" || !part.isOptional || parts.length === 1) return;
    if (index < parts.length - 1) throw new RouteTemplateError("an optional parameter must end its segment");
    if (previous?.kind !== "literal" || previous.text !== ".") {
      throw new RouteTemplateError("an optional parameter may follow only a '.' in its segment");
    }
  });
}
