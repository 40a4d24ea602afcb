import { createHmac, timingSafeEqual } from "node:crypto";
import { BrokerError } from "./broker-error.ts";

/** The one key that opens a namespace, for everything in it. */
export interface AccessKey {
  readonly keyName: string;
  readonly key: string;
}

/** What a token allows until when. */
export interface Grant {
  /** The resource as the token names it, decoded, with a scheme. */
  readonly audience: string;
  readonly expiresAt: number;
}

/** Checks a shared access signature, as AMQP's put-token and HTTP's Authorization header carry it. */
export function verifyToken(token: string, access: AccessKey, now: number): Grant {
  const fields = new Map<string, string>();
  const text = /^SharedAccessSignature\s+(.+)$/is.exec(token.trim())?.[1];
  if (text === undefined) throw refused("The token is not a shared access signature.");
  for (const pair of text.split("&")) {
    const at = pair.indexOf("=");
    if (at > 0) fields.set(pair.slice(0, at).toLowerCase(), pair.slice(at + 1));
  }
  const [resource, signature, expiry, keyName] = ["sr", "sig", "se", "skn"].map((name) => fields.get(name));
  if (resource === undefined || signature === undefined || expiry === undefined || keyName === undefined) {
    throw refused("The token lacks one of sr, sig, se and skn.");
  }
  const expected = createHmac("sha256", access.key).update(`${resource}\n${expiry}`).digest("base64");
  if (decoded(keyName) !== access.keyName || !sameText(decoded(signature), expected)) {
    throw refused("InvalidSignature: The token has an invalid signature.");
  }
  const expiresAt = Number(expiry) * 1000;
  if (!(expiresAt > now))
    throw refused(`ExpiredToken: The token is expired. Expiration time: ${timeText(expiresAt)}.`);
  return { audience: withScheme(decoded(resource)), expiresAt };
}

/** A resource begins with the host; some clients leave out what stands before it. */
function withScheme(resource: string): string {
  return /^[a-z]+:\/\//i.test(resource) ? resource : `sb://${resource}`;
}

/** The token may say anything: not every number is a time. */
function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "none" : date.toISOString();
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded at all, then: some clients leave the signature as it is.
    return text;
  }
}

function refused(description: string): BrokerError {
  return new BrokerError("amqp:unauthorized-access", description);
}
