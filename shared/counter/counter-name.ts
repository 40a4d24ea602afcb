import { Problem } from "../kernel/problem.ts";
import { maxIdLength } from "../bus/topology.ts";

/** Which counter is meant: a name within a context. */
export interface CounterName {
  context: string;
  counter: string;
}

/** Control characters would make names that look alike; a percent sign would make one name of `a/b` and `a%2Fb` in a URL. */
const forbidden = /[%\p{Cc}\p{Cs}]/u;

/**
 * The session id of a counter: context and name, each encoded so that none of them can hold the slash between them. Throws Problem
 * `invalid-request` for names that cannot be.
 */
export function sessionIdOf({ context, counter }: CounterName): string {
  const id = `${encodeName("context", context)}/${encodeName("counter", counter)}`;
  if (id.length > maxIdLength)
    throw new Problem(
      "invalid-request",
      `Context and counter name together may be ${maxIdLength - 1} characters, of which others than letters, digits and -_.!*() count as 3 to 12; these are ${id.length - 1}`,
    );
  return id;
}

/** A name as a part of a session id or a key of a table: letters, digits and -_.!*()~ only. Different names stay different. */
export function encodeName(what: string, name: string): string {
  if (name === "" || forbidden.test(name))
    throw new Problem(
      "invalid-request",
      `The name of a ${what} must have at least 1 character and none of: %, control characters, halves of a surrogate pair`,
    );
  return encodeURIComponent(name).replace(/[~']/g, hex).replaceAll("%", "~");
}

const hex = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
