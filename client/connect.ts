import type { Clock } from "../shared/kernel/clock.ts";
import { browserClock } from "./browser-clock.ts";
import { HeldSession, registration, type HeldParts } from "./held-session.ts";
import { Intake } from "./intake.ts";
import { InterroleUnreachable } from "./problem.ts";
import type { Random } from "./retry.ts";
import { Session, type Resumption } from "./session.ts";
import { readClaims } from "./token-life.ts";
import { readAnswer, Transport, type Fetch } from "./transport.ts";

/** How long registering is repeated while no instance can be reached. */
const patienceMs = 30_000;

interface Surroundings {
  /** The entry: the base URL of any instance, or of what spreads requests over them. */
  url: string;
  /** Opens the door to registering where Azure guards it with a function key. */
  functionKey?: string;
  /** Ends the session's loops and requests; the session itself goes on until its grace time is over. */
  signal?: AbortSignal;
  /** Default: the global one. */
  fetch?: Fetch;
  /** Default: the system's. */
  clock?: Clock;
  /** Default: Math.random. */
  random?: Random;
}

/** A session that is to begin. */
export interface NewSession extends Surroundings {
  userName: string;
  /** What others see beside the name: up to 4,096 characters of JSON. Default: nothing. */
  metadata?: Record<string, unknown>;
  /** The instance that is to hold the session. Default: each in turn. */
  instance?: string;
  resume?: undefined;
}

/** A session that goes on. It is asked for with the first request: one that has ended meanwhile is told then. */
export interface HeldOptions extends Surroundings {
  resume: Resumption;
}

export type ConnectOptions = NewSession | HeldOptions;

/** Registers a session, or goes on with one that was kept. Throws InterroleProblem, InterroleUnreachable. */
export async function connect(options: ConnectOptions): Promise<Session> {
  const { clock = browserClock, random = Math.random, signal = new AbortController().signal } = options;
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const transport = new Transport({ fetch, clock, random });
  const entryUrl = toBaseUrl(options.url);
  const parts: HeldParts = { transport, entryUrl, functionKey: options.functionKey, clock };
  const about = { clock, random, signal };
  if (options.resume) return resume(options.resume, parts, about);
  const { metadata = {} } = options;
  const held = await register(options, parts, signal);
  return new Session({ held, intake: new Intake(), metadata, ...about });
}

function resume(
  { sessionId, token, lastEventId, instanceUrl }: Resumption,
  parts: HeldParts,
  about: { clock: Clock; random: Random; signal: AbortSignal },
): Session {
  const holding = {
    sessionId,
    token,
    userName: readClaims(token)?.userName ?? "",
    instanceUrl: instanceUrl === undefined ? parts.entryUrl : toBaseUrl(instanceUrl),
  };
  const held = new HeldSession(holding, parts);
  return new Session({ held, intake: new Intake(lastEventId), metadata: undefined, ...about });
}

/**
 * One attempt may register a session whose answer is lost; the next registers another, and the lost one ends when its grace time is over.
 */
async function register(
  { userName, metadata = {}, instance, functionKey }: NewSession,
  parts: HeldParts,
  signal: AbortSignal,
): Promise<HeldSession> {
  const { transport, entryUrl } = parts;
  const body = { userName, metadata, ...(instance === undefined ? {} : { instance }) };
  const call = registration(body, functionKey, signal);
  const { sessionId, token, eventsUrl } = await readAnswer(
    await transport.retrying(() => [entryUrl], call, patienceMs),
  );
  if (typeof sessionId !== "string" || typeof token !== "string" || typeof eventsUrl !== "string")
    throw new InterroleUnreachable(`${entryUrl} has not answered with a session`);
  const instanceUrl = baseOf(eventsUrl) ?? entryUrl;
  return new HeldSession({ sessionId, userName, token, instanceUrl }, parts);
}

/** Throws TypeError when it is no URL. */
function toBaseUrl(text: string): string {
  const { protocol } = new URL(text);
  if (protocol !== "http:" && protocol !== "https:")
    throw new TypeError(`url must begin with http:// or https://, not ${text}`);
  return text.replace(/\/+$/, "");
}

/** The instance of an events URL. */
function baseOf(eventsUrl: string): string | undefined {
  return /^(https?:\/\/.+)\/api\/sessions\/[^/]+\/events$/.exec(eventsUrl)?.[1];
}
