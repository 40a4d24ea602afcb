/** What the recycle slice needs from others; wired in runtime.ts. */

/** The operation that asks, as a target sees it. */
export interface AskingOperation {
  /** Whether this very process is released by the operation, read now, and not done. */
  isReleased(operation: string): Promise<boolean>;
  /** Answers "acknowledged" once; whether this process is to go. */
  acknowledge(operation: string): Promise<boolean>;
  /** Takes the acknowledgement back, with the reason. */
  fail(operation: string, reason: string): Promise<void>;
}

/** The end of this process. */
export interface ProcessEnd {
  drain(reason: string): Promise<void>;
  end(reason: string): Promise<void>;
  resume(reason: string): Promise<void>;
}
