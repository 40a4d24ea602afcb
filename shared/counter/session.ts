/** The lock on a session, and its state. Everything here may fail at any time without telling whether it was done. */
export interface SessionLink {
  /** Whether the link is known to be gone, and the lock with it. */
  readonly isClosed: boolean;
  read(): Promise<Buffer | undefined>;
  write(state: Buffer): Promise<void>;
  /** Makes the lock last from now on. */
  renew(): Promise<void>;
  /** Lets go of the lock. Never fails; returns soon, even if nobody answers. */
  close(): Promise<void>;
}

/** The sessions of a queue. */
export interface Sessions {
  /** Takes the lock. Throws SessionLocked when another has it, or whatever else is in the way. */
  accept(sessionId: string): Promise<SessionLink>;
  close(): Promise<void>;
}

/** Another holds the lock. */
export class SessionLocked extends Error {
  override readonly name = "SessionLocked";
}
