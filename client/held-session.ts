import type { Clock } from "../shared/kernel/clock.ts";
import { InterroleUnreachable } from "./problem.ts";
import { isRenewalDue } from "./token-life.ts";
import { readAnswer, type Call, type Transport } from "./transport.ts";

/** What makes a session this client's: its id, its token, and where it is. */
export interface Holding {
  sessionId: string;
  userName: string;
  token: string;
  /** The base URL of the instance that held the session last. */
  instanceUrl: string;
}

export interface HeldParts {
  transport: Transport;
  /** Where sessions are registered. */
  entryUrl: string;
  /** Opens the doors that Azure guards with a function key. */
  functionKey: string | undefined;
  clock: Clock;
}

/** A session that this client holds: authorises its requests, knows which instances to ask, and renews its token. */
export class HeldSession {
  readonly sessionId: string;
  readonly userName: string;
  readonly #parts: HeldParts;
  #token: string;
  #instanceUrl: string;

  constructor({ sessionId, userName, token, instanceUrl }: Holding, parts: HeldParts) {
    this.sessionId = sessionId;
    this.userName = userName;
    this.#token = token;
    this.#instanceUrl = instanceUrl;
    this.#parts = parts;
  }

  get token(): string {
    return this.#token;
  }

  get instanceUrl(): string {
    return this.#instanceUrl;
  }

  /** Where to ask, in this order: where the session is, and the entry when that instance is going or gone. */
  get places(): readonly string[] {
    return [...new Set([this.#instanceUrl, this.#parts.entryUrl])];
  }

  /** The session is there now. */
  movedTo(instanceUrl: string): void {
    this.#instanceUrl = instanceUrl;
  }

  path(rest = ""): string {
    return `/api/sessions/${encodeURIComponent(this.sessionId)}${rest}`;
  }

  /** One attempt, at one place. */
  async once(place: string, call: Call): Promise<Response> {
    return await this.#parts.transport.once(place, this.#authorised(call));
  }

  async retrying(call: Call, patienceMs: number): Promise<Response> {
    return await this.#parts.transport.retrying(() => this.places, this.#authorised(call), patienceMs);
  }

  /** Asks for another token when this one comes to its end: registering with a held token gives one, and changes nothing else. */
  async renewIfDue(metadata: Record<string, unknown>, signal: AbortSignal): Promise<void> {
    const { clock, transport, entryUrl, functionKey } = this.#parts;
    if (!isRenewalDue(this.#token, clock.now())) return;
    const body = { userName: this.userName, metadata };
    const call = registration(body, functionKey, signal);
    const { token } = await readAnswer(await transport.once(entryUrl, this.#authorised(call)));
    if (typeof token !== "string") throw new InterroleUnreachable("The server has renewed no token");
    this.#token = token;
  }

  #authorised(call: Call): Call {
    return { ...call, headers: { ...call.headers, authorization: `Bearer ${this.#token}` } };
  }
}

/** The request that registers a session. */
export function registration(body: object, functionKey: string | undefined, signal: AbortSignal): Call {
  return {
    method: "POST",
    path: "/api/sessions",
    headers: functionKey === undefined ? {} : { "x-functions-key": functionKey },
    body,
    signal,
  };
}
