import type { IncomingHttpHeaders } from "node:http";
import type { TypedData } from "../core/typed-data.ts";
import type { RouteValues } from "./route-match.ts";

/** The parts of a request from which the real host makes the trigger metadata of an HTTP function. */
export interface BindingSource {
  readonly headers: IncomingHttpHeaders;
  readonly search: string;
  readonly route: RouteValues;
  /** The body's text when it was read beforehand, which the real host does for every body of a declared length. */
  readonly body?: string;
}

/** A query parameter that carries a key and is kept from the function. */
const keyParameter = "code";

const headersKey = "Headers";
const queryKey = "Query";

/** The trigger metadata of a request. */
export interface HttpBindingData {
  readonly metadata: Readonly<Record<string, TypedData>>;
  /** True when a member of the body, the query or the route takes the place of the headers, which the function then does not see. */
  readonly hidesHeaders: boolean;
}

/**
 * Makes the trigger metadata as the real host merges it: members of a JSON body, then the query, then the route, a later one winning,
 * names compared in any case; last the query and the headers as a whole, unless the name is already taken. The library takes
 * `request.params` and `request.headers` from here in streaming mode, with what follows from that for a body with a `headers` member.
 */
export function httpBindingData({ headers, search, route, body }: BindingSource): HttpBindingData {
  const data = new CaseInsensitive();
  for (const [name, value] of bodyMembers(body)) data.set(name, value);
  const query = joinedQuery(search);
  for (const [name, value] of Object.entries(query)) {
    if (name.toLowerCase() !== keyParameter) data.set(name, { string: value });
  }
  for (const [name, value] of Object.entries(route)) data.set(name, { string: value });
  if (!data.has(queryKey)) data.set(queryKey, { json: JSON.stringify(query) });
  const hidesHeaders = data.has(headersKey);
  if (!hidesHeaders) data.set(headersKey, { json: JSON.stringify(joinedHeaders(headers)) });
  return { metadata: data.toRecord(), hidesHeaders };
}

/** Headers as one text each, as the real host joins them. */
export function joinedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(",") : value]],
    ),
  );
}

/** Query parameters as one text each: the real host joins repeated ones with a comma. */
export function joinedQuery(search: string): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(search)) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

function bodyMembers(body: string | undefined): [string, TypedData][] {
  const text = body?.trim() ?? "";
  if (!text.startsWith("{") || !text.endsWith("}")) return [];
  try {
    const parsed: Record<string, unknown> = JSON.parse(text);
    return Object.entries(parsed).flatMap(([name, value]) =>
      value === null || Array.isArray(value) ? [] : [[name, memberData(value)]],
    );
  } catch {
    // Not JSON after all: then it has no members.
    return [];
  }
}

function memberData(value: unknown): TypedData {
  if (typeof value === "string") return { string: value };
  return typeof value === "number" && Number.isSafeInteger(value)
    ? { int: value }
    : { json: JSON.stringify(value) };
}

/** Names in any case are one name; the first spelling stays. */
class CaseInsensitive {
  readonly #entries = new Map<string, { name: string; value: TypedData }>();

  set(name: string, value: TypedData): void {
    const key = name.toLowerCase();
    this.#entries.set(key, { name: this.#entries.get(key)?.name ?? name, value });
  }

  has(name: string): boolean {
    return this.#entries.has(name.toLowerCase());
  }

  toRecord(): Record<string, TypedData> {
    return Object.fromEntries([...this.#entries.values()].map(({ name, value }) => [name, value]));
  }
}
