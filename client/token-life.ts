/** A token is renewed when this share of its life is left. */
const renewShare = 0.25;

/** What a client reads in its own token. It is checked by the server alone. */
export interface TokenClaims {
  userName: string;
  issuedAtMs: number;
  expiresAtMs: number;
}

/** Reads the claims of a session token; undefined when it is not one. */
export function readClaims(token: string): TokenClaims | undefined {
  try {
    const part = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (char) => char.codePointAt(0) ?? 0);
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof claims !== "object" || claims === null) return undefined;
    const { name, iat, exp } = { name: undefined, iat: undefined, exp: undefined, ...claims };
    if (typeof name !== "string" || typeof iat !== "number" || typeof exp !== "number") return undefined;
    return { userName: name, issuedAtMs: iat * 1_000, expiresAtMs: exp * 1_000 };
  } catch {
    // Not a token of the kind we know: then it is used as it is, until the server refuses it.
    return undefined;
  }
}

/** Whether it is time to ask for another token. */
export function isRenewalDue(token: string, now: Date): boolean {
  const claims = readClaims(token);
  if (!claims) return false;
  const { issuedAtMs, expiresAtMs } = claims;
  return expiresAtMs - now.getTime() < renewShare * (expiresAtMs - issuedAtMs);
}
