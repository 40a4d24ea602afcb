import type { TokenCredential } from "@azure/identity";

/** What Azure refused, with what it said. */
export class AzureError extends Error {
  override readonly name = "AzureError";
  readonly status: number;

  constructor(method: string, url: string, status: number, answer: string) {
    super(`${method} ${url} was answered ${status}: ${answer.slice(0, maxShown)}`);
    this.status = status;
  }
}

/** How much of an answer an error shows. */
const maxShown = 1_000;
/** A package is uploaded within this; everything else answers at once. */
const requestTimeoutMs = 300_000;
const publicCloud = "https://management.azure.com";

/** Asks Azure something: a path of Resource Manager, or the URL of an app's deployment service, which takes the same token. */
export type AskAzure = (method: "GET" | "POST", target: string, body?: Uint8Array) => Promise<Response>;

/** Asks as whoever is signed in. An answer that is no success throws AzureError. */
export function askAs(credential: TokenCredential, endpoint: string = publicCloud): AskAzure {
  return async (method, target, body) => {
    const url = target.startsWith("/") ? `${endpoint}${target}` : target;
    const token = await credential.getToken(`${publicCloud}/.default`);
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token?.token ?? ""}`,
        accept: "application/json",
        "content-type": "application/octet-stream",
      },
      signal: AbortSignal.timeout(requestTimeoutMs),
      ...(body ? { body: new Uint8Array(body) } : {}),
    });
    if (!response.ok) throw new AzureError(method, url, response.status, await response.text());
    return response;
  };
}
