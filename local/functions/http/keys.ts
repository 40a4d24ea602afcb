import { createHash, timingSafeEqual } from "node:crypto";
import type { RequestTarget } from "./call.ts";
import type { IncomingHttpHeaders } from "node:http";

/** The keys that let requests in when authorization is on. */
export interface FunctionKeys {
  /** Opens everything, `/admin` included. */
  readonly master: string;
  /** Open every function of level `function`. */
  readonly host?: readonly string[];
  /** Open one function each, by its name. */
  readonly functions?: Readonly<Record<string, readonly string[]>>;
}

/** Decides who is let in. */
export interface Gate {
  /** Whether a request may call a function of this name and level. */
  admits(caller: Caller, level: string, functionName: string): boolean;
  /** Whether a request carries the master key. */
  admitsAdmin(caller: Caller): boolean;
  /** Whether a request may call a function that is switched off, which in Azure takes the master key. */
  admitsToDisabled(caller: Caller): boolean;
}

/** Where a request may carry its key. */
export interface Caller {
  readonly headers: IncomingHttpHeaders;
  readonly target: RequestTarget;
}

/** The gate of a host that was started without authorization, which is the local default as with Core Tools. */
export const openGate: Gate = {
  admits: () => true,
  admitsAdmin: () => true,
  admitsToDisabled: () => false,
};

/** A gate that asks for keys: header `x-functions-key` first, then the query parameter `code`. */
export function keyGate(keys: FunctionKeys): Gate {
  const master = [keys.master];
  const ofFunction = new Map(
    Object.entries(keys.functions ?? {}).map(([name, own]) => [name.toLowerCase(), own]),
  );
  const admitsAdmin = (caller: Caller): boolean => matches(keyOf(caller), master);
  return {
    admitsAdmin,
    admitsToDisabled: admitsAdmin,
    admits: (caller, level, functionName) => {
      if (level.toLowerCase() === "anonymous" || admitsAdmin(caller)) return true;
      if (level.toLowerCase() !== "function") return false;
      const own = ofFunction.get(functionName.toLowerCase()) ?? [];
      return matches(keyOf(caller), [...own, ...(keys.host ?? [])]);
    },
  };
}

function keyOf({ headers, target }: Caller): string | undefined {
  const header = headers["x-functions-key"];
  const given = Array.isArray(header) ? header[0] : header;
  return given ?? new URLSearchParams(target.search).get("code") ?? undefined;
}

function matches(given: string | undefined, keys: readonly string[]): boolean {
  if (given === undefined || given === "") return false;
  const digest = digestOf(given);
  // Compared in constant time, and all of them, so that the answer's time tells nothing about a key.
  return keys.filter((key) => key !== "" && timingSafeEqual(digest, digestOf(key))).length > 0;
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
