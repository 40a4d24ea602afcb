/**
 * The envelope in which values cross between host and worker, as in the real host's worker protocol: exactly one member
 * is set. The library decodes them in a fixed order and tries `JSON.parse` on every `string`.
 */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly stream?: Uint8Array;
  readonly http?: HttpData;
  readonly int?: number;
  readonly double?: number;
  readonly collectionBytes?: { readonly bytes: readonly Uint8Array[] };
  readonly collectionString?: { readonly string: readonly string[] };
  readonly collectionDouble?: { readonly double: readonly number[] };
  readonly collectionSint64?: { readonly sint64: readonly (number | string)[] };
}

/** A request (host to worker) or a response (worker to host) of an HTTP trigger in buffered mode. */
export interface HttpData {
  readonly method?: string;
  readonly url?: string;
  /** The body: `bytes` from the host, any scalar member from the library. */
  readonly body?: TypedData;
  readonly nullableHeaders?: Readonly<Record<string, NullableString>>;
  readonly nullableQuery?: Readonly<Record<string, NullableString>>;
  readonly nullableParams?: Readonly<Record<string, NullableString>>;
  /** A number written as text: this is how the library sends it. */
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly HttpCookie[];
  readonly enableContentNegotiation?: boolean;
}

/** A string that the protocol wraps so that it could be null. */
export interface NullableString {
  readonly value: string;
}

/** A cookie as the library reports it in buffered mode. */
export interface HttpCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: NullableString;
  readonly path?: NullableString;
  readonly expires?: { readonly value: { readonly seconds: number } };
  readonly secure?: { readonly value: boolean };
  readonly httpOnly?: { readonly value: boolean };
  /** `none` stands for "not given", `explicitNone` for SameSite=None. */
  readonly sameSite?: "none" | "lax" | "strict" | "explicitNone";
  readonly maxAge?: { readonly value: number };
}

/** A value with the name of the binding that it belongs to. */
export interface NamedData {
  readonly name: string;
  readonly data: TypedData;
}
