import type { RouteParameter, RoutePart, RouteTemplate } from "./route-template.ts";

/** The values that a path gives to the parameters of a route. */
export type RouteValues = Record<string, string>;

/** Matches the segments of a decoded path against a template, as ASP.NET does; undefined when they do not fit. */
export function matchRoute(template: RouteTemplate, path: readonly string[]): RouteValues | undefined {
  const values: RouteValues = {};
  for (const [index, parts] of template.segments.entries()) {
    const [first] = parts;
    if (first?.kind === "parameter" && first.isCatchAll) {
      const rest = path.slice(index).join("/");
      return accept(first, rest === "" ? undefined : rest, values) ? values : undefined;
    }
    const segment = path[index];
    if (segment === undefined) {
      if (!fillMissing(parts, values)) return undefined;
    } else if (!matchSegment(parts, segment, values)) return undefined;
  }
  return path.length <= template.segments.length ? values : undefined;
}

/** Splits a path into decoded segments; one slash at the end does not count. An encoded slash stays encoded. */
export function pathSegments(path: string): string[] {
  const trimmed = path.replace(/^\//, "").replace(/\/$/, "");
  if (trimmed === "") return [];
  return resolveDots(trimmed.split("/").map(decodeSegment));
}

function decodeSegment(segment: string): string {
  return segment
    .split(/(%2f)/i)
    .map((piece) => (/^%2f$/i.test(piece) ? piece : decodeLeniently(piece)))
    .join("");
}

function decodeLeniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // As in the real server, what is not valid UTF-8 stays as it came.
    return text;
  }
}

function resolveDots(segments: readonly string[]): string[] {
  const resolved: string[] = [];
  for (const segment of segments) {
    if (segment === "..") resolved.pop();
    else if (segment !== ".") resolved.push(segment);
  }
  return resolved;
}

function fillMissing(parts: readonly RoutePart[], values: RouteValues): boolean {
  const [only] = parts;
  return parts.length === 1 && only?.kind === "parameter" && accept(only, undefined, values);
}

function accept(parameter: RouteParameter, given: string | undefined, values: RouteValues): boolean {
  const value = given === undefined || given === "" ? parameter.defaultValue : given;
  if (value === undefined) return parameter.isOptional || parameter.isCatchAll;
  if (!parameter.constraints.every((constraint) => constraint(value))) return false;
  values[parameter.name] = value;
  return true;
}

function matchSegment(parts: readonly RoutePart[], segment: string, values: RouteValues): boolean {
  const [only] = parts;
  if (parts.length === 1 && only?.kind === "parameter") return accept(only, segment, values);
  if (matchFromTheRight(parts, segment, values)) return true;
  // `{name}.{ext?}` takes a segment without the point too.
  const last = parts.at(-1);
  if (parts.length < 3 || last?.kind !== "parameter" || !last.isOptional) return false;
  return matchFromTheRight(parts.slice(0, -2), segment, values);
}

/** Matches from the end, so that of `{a}.{b}` the first takes as much as it can. */
function matchFromTheRight(parts: readonly RoutePart[], segment: string, values: RouteValues): boolean {
  let end = segment.length;
  let open: RouteParameter | undefined;
  let openEnd = end;
  for (let index = parts.length - 1; index >= 0; index -= 1) {
    const part = parts[index];
    if (part === undefined) return false;
    if (part.kind === "parameter") {
      open = part;
      openEnd = end;
      continue;
    }
    // A parameter to the right needs at least one character.
    const searchEnd = open === undefined ? end : openEnd - 1;
    const at = lastIndexIgnoringCase(segment, part.text, searchEnd);
    if (at < 0 || (open === undefined && at + part.text.length !== end)) return false;
    if (open !== undefined && !accept(open, segment.slice(at + part.text.length, openEnd), values))
      return false;
    open = undefined;
    end = at;
  }
  if (open === undefined) return end === 0;
  return openEnd > 0 && accept(open, segment.slice(0, openEnd), values);
}

/** The last place at which the text ends at or before `end`. */
function lastIndexIgnoringCase(segment: string, text: string, end: number): number {
  if (end < text.length) return -1;
  return segment.toLowerCase().lastIndexOf(text.toLowerCase(), end - text.length);
}
