import { BrokerError } from "../broker-error.ts";

/** Entries in one feed when the client does not say, and at most. */
export const maxPageSize = 100;

/** The part of a list that a client asks for. */
export interface Page {
  skip: number;
  top: number;
}

/** Reads `$skip` and `$top`. */
export function pageOf(query: URLSearchParams): Page {
  const skip = wholeNumber(query, "$skip") ?? 0;
  const top = wholeNumber(query, "$top") ?? maxPageSize;
  return { skip, top: Math.min(top, maxPageSize) };
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text) && (name !== "$top" || Number(text) > 0)) return Number(text);
  throw new BrokerError("com.microsoft:argument-error", `${name} is '${text}'; it must be a whole number.`);
}
