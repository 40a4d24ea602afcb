import { BrokerError } from "../broker-error.ts";
import { maxTokensPerRequest } from "../limits.ts";
import { bare, isMap, type Value } from "../amqp/value.ts";

/** The body of a management request, read field by field. Integers may have any width, lists may be arrays. */
export class Arguments {
  readonly #fields: ReadonlyMap<string, Value>;

  constructor(body: Value) {
    if (!isMap(body)) throw invalid("The body of the request is not a map.");
    this.#fields = body;
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  text(name: string): string {
    return this.optionalText(name) ?? missing(name, "a string");
  }

  optionalText(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === "string") return value;
    throw invalid(`'${name}' is not a string.`);
  }

  integer(name: string): number {
    return this.optionalInteger(name) ?? missing(name, "an integer");
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : toInteger(name, value);
  }

  /** An integer that is not negative. */
  count(name: string): number {
    return this.optionalCount(name) ?? missing(name, "an integer");
  }

  optionalCount(name: string): number | undefined {
    const value = this.optionalInteger(name);
    if (value === undefined || value >= 0) return value;
    throw invalid(`'${name}' is ${value}; it may not be negative.`);
  }

  optionalTime(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (value instanceof Date) return value.getTime();
    throw invalid(`'${name}' is not a timestamp.`);
  }

  optionalBytes(name: string): Buffer | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (value instanceof Uint8Array) return Buffer.from(value);
    throw invalid(`'${name}' is not binary.`);
  }

  integers(name: string): number[] {
    return this.#list(name).map((value) => toInteger(name, value));
  }

  uuids(name: string): string[] {
    return this.#list(name).map((value) => {
      if (typeof value === "object" && value !== null && "uuid" in value) return value.uuid;
      throw invalid(`'${name}' holds something that is not a UUID.`);
    });
  }

  maps(name: string): Arguments[] {
    return this.#list(name).map((value) => new Arguments(value));
  }

  optionalMap(name: string): Arguments | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : new Arguments(value);
  }

  map(name: string): Arguments {
    return this.optionalMap(name) ?? missing(name, "a map");
  }

  entries(): [string, Value][] {
    return [...this.#fields];
  }

  #list(name: string): Value[] {
    const value = this.#get(name) ?? missing(name, "a list");
    if (!Array.isArray(value)) throw invalid(`'${name}' is not a list.`);
    if (value.length > maxTokensPerRequest)
      throw invalid(`'${name}' has more than ${maxTokensPerRequest} elements.`);
    return value.map((item) => bare(item) ?? null);
  }

  #get(name: string): Value | undefined {
    return bare(this.#fields.get(name)) ?? undefined;
  }
}

export function invalid(text: string): BrokerError {
  return new BrokerError("com.microsoft:argument-error", text);
}

function missing(name: string, what: string): never {
  throw invalid(`The request lacks '${name}', ${what}.`);
}

function toInteger(name: string, value: Value): number {
  const number = typeof value === "bigint" || typeof value === "number" ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw invalid(`'${name}' is not an integer.`);
  return number;
}
