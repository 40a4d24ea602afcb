import type { Sender } from "rhea";
import { BrokerError } from "../broker-error.ts";
import { acceptNextTimeoutMs } from "../limits.ts";
import type { SessionLock } from "../store/session.ts";
import type { ConsumerLink } from "./consumer-link.ts";
import { rawLink } from "./rhea-shapes.ts";
import { describe, descriptorOf, longTyped, plain } from "./rhea-values.ts";

export const sessionFilterName = "com.microsoft:session-filter";
const timeoutProperty = "com.microsoft:timeout";
const lockedUntilProperty = "com.microsoft:locked-until-utc";

/** Which session a client asks for: one by id, or any. */
export interface SessionFilter {
  readonly sessionId: string | undefined;
  /** Some clients describe the value and expect it back so; others fail if it is described. */
  readonly descriptor: unknown;
}

/** Reads the session filter of an attach; undefined when the client wants no session. */
export function readSessionFilter(filters: unknown): SessionFilter | undefined {
  if (typeof filters !== "object" || filters === null || !(sessionFilterName in filters)) return undefined;
  const value = (filters as Record<string, unknown>)[sessionFilterName];
  const id = plain(value);
  if (id !== null && id !== undefined && typeof id !== "string")
    throw new BrokerError(
      "amqp:invalid-field",
      `The value of ${sessionFilterName} must be a string, or null.`,
    );
  return { sessionId: id ?? undefined, descriptor: descriptorOf(value) };
}

/** Takes a session for a link: at once when it is named, else as soon as one has messages. */
export function acceptSession(
  sender: Sender,
  link: ConsumerLink,
  filter: SessionFilter,
  answer: { granted: (lock: SessionLock) => void; refused: (error: BrokerError) => void; hold: () => void },
): void {
  const { sessions } = link.source.mailbox;
  if (sessions === undefined) {
    throw new BrokerError(
      "amqp:not-allowed",
      `A session receiver cannot be created on '${link.source.path}', which does not use sessions.`,
    );
  }
  if (filter.sessionId !== undefined) {
    answer.granted(sessions.accept(filter.sessionId, link));
    return;
  }
  let answered = false;
  const stop = sessions.acceptNext({
    consumer: link,
    timeoutMs: timeoutOf(sender),
    granted: (lock) => {
      answered = true;
      answer.granted(lock);
    },
    timedOut: () => {
      answer.refused(
        new BrokerError(
          "com.microsoft:timeout",
          `No session of '${link.source.path}' became available within the time-out.`,
        ),
      );
    },
  });
  if (answered) return;
  link.stopWaiting = stop;
  answer.hold();
}

function timeoutOf(sender: Sender): number {
  const properties = (sender.properties ?? {}) as Record<string, unknown>;
  const timeout = Number(plain(properties[timeoutProperty]) ?? acceptNextTimeoutMs);
  return Number.isFinite(timeout) && timeout >= 0 ? timeout : acceptNextTimeoutMs;
}

/** What the answer to the attach says of the session. */
export function sessionSourceFilter(lock: SessionLock, filter: SessionFilter): Record<string, unknown> {
  const value =
    filter.descriptor === undefined ? lock.sessionId : describe(lock.sessionId, filter.descriptor);
  return { [sessionFilterName]: value };
}

export function announceSessionLock(sender: Sender, lock: SessionLock): void {
  rawLink(sender).local.attach.properties = { [lockedUntilProperty]: longTyped(toTicks(lock.lockedUntil)) };
}

/** .NET ticks: units of 100 ns since the year 1. */
function toTicks(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * 10_000n + 621_355_968_000_000_000n;
}
