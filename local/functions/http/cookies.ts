import type { HttpCookie } from "../core/typed-data.ts";

const sameSiteNames: Readonly<Record<string, string>> = {
  lax: "lax",
  strict: "strict",
  explicitNone: "none",
};

/** Writes a Set-Cookie header as ASP.NET does in buffered mode: attributes in lower case, `path=/` unless another is given. */
export function setCookie(cookie: HttpCookie): string {
  const seconds = cookie.expires?.value.seconds;
  const sameSite = sameSiteNames[cookie.sameSite ?? "none"];
  const attributes = [
    `${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`,
    seconds === undefined ? undefined : `expires=${new Date(seconds * 1_000).toUTCString()}`,
    cookie.maxAge === undefined ? undefined : `max-age=${Math.trunc(cookie.maxAge.value)}`,
    cookie.domain === undefined ? undefined : `domain=${cookie.domain.value}`,
    `path=${cookie.path?.value ?? "/"}`,
    cookie.secure?.value === true ? "secure" : undefined,
    sameSite === undefined ? undefined : `samesite=${sameSite}`,
    cookie.httpOnly?.value === true ? "httponly" : undefined,
  ];
  return attributes.filter((attribute) => attribute !== undefined).join("; ");
}
