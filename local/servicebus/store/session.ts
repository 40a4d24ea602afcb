import type { Cancel } from "../clock.ts";
import type { Consumer } from "./consumer.ts";
import { Lane } from "./lane.ts";
import type { MessageLock } from "./message.ts";

/** A consumer's hold on one session. Its identity is the fence: whoever shows a lock that is no longer held is refused. */
export interface SessionLock {
  readonly sessionId: string;
  readonly consumer: Consumer;
  /** Messages of the session that this holder has in hand. */
  readonly messages: Set<MessageLock>;
  lockedUntil: number;
  held: boolean;
  cancelTimer: Cancel | undefined;
}

/** One session of an entity. It exists as long as it has messages, a holder or a state. */
export interface Session {
  readonly id: string;
  readonly lane: Lane;
  lock: SessionLock | undefined;
  state: Uint8Array | undefined;
  /** When the state was last set. */
  stateSetAt: number;
  /** Messages of the session in the mailbox, in any state. */
  messageCount: number;
}

export function createSession(id: string): Session {
  return { id, lane: new Lane(), lock: undefined, state: undefined, stateSetAt: 0, messageCount: 0 };
}

/** A consumer that waits for any session with messages. */
export interface SessionWaiter {
  readonly consumer: Consumer;
  readonly granted: (lock: SessionLock) => void;
  readonly timedOut: () => void;
  cancelTimer: Cancel | undefined;
}
