import { createHmac } from "node:crypto";
import type { TestContext } from "vitest";
import { embeddedBroker } from "./bus.ts";
import type { Bus } from "./bus.ts";

const why = "what is said over plain HTTP on its own port is about this server";

interface AdminServer {
  readonly origin: string;
  readonly keyName: string;
  readonly key: string;
}

/** Where the administration API listens, and the key that opens it. */
function serverOf(bus: Bus, context: TestContext): AdminServer {
  const broker = embeddedBroker(bus, context, why);
  const parts = Object.fromEntries(
    broker.adminConnectionString.split(";").map((part) => [part.split("=")[0], part.replace(/^[^=]*=/, "")]),
  );
  return {
    origin: String(parts["Endpoint"]).replace("sb://", "http://"),
    keyName: String(parts["SharedAccessKeyName"]),
    key: String(parts["SharedAccessKey"]),
  };
}

interface Signing {
  audience?: string;
  key?: string;
  keyName?: string;
  expiresInS?: number;
}

function sign(url: string, access: { keyName: string; key: string }, signing: Signing = {}): string {
  const resource = encodeURIComponent((signing.audience ?? url).toLowerCase());
  const expiry = Math.round(Date.now() / 1000) + (signing.expiresInS ?? 300);
  const hmac = createHmac("sha256", signing.key ?? access.key).update(`${resource}\n${expiry}`);
  const signature = encodeURIComponent(hmac.digest("base64"));
  return `SharedAccessSignature sr=${resource}&sig=${signature}&se=${expiry}&skn=${signing.keyName ?? access.keyName}`;
}

/** What is asked, and how it is signed. */
export interface Asked extends Signing {
  method?: string;
  body?: string;
  headers?: Record<string, string>;
}

/** Sends a signed request and gives back status and body. */
async function ask(
  { origin, ...access }: AdminServer,
  path: string,
  asked: Asked = {},
): Promise<{ status: number; text: string }> {
  const url = `${origin}${path}`;
  const { method = "GET", body = null, headers = {} } = asked;
  const authorization = sign(url, access, asked);
  const response = await fetch(url, { method, body, headers: { authorization, ...headers } });
  return { status: response.status, text: await response.text() };
}

/** The administration API of a bus without a client library: what is signed, asked and answered is for the test to say. */
export function adminHttp(bus: Bus) {
  return {
    server: (context: TestContext) => serverOf(bus, context),
    ask: (context: TestContext, path: string, asked?: Asked) => ask(serverOf(bus, context), path, asked),
  };
}

/** An entry as a client sends it. */
export function entry(element: string, content: string): string {
  const attributes = 'xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"';
  const typed = `<${element} ${attributes} xmlns:i="http://www.w3.org/2001/XMLSchema-instance">${content}</${element}>`;
  return `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml">${typed}</content></entry>`;
}
