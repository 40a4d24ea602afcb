import type { RemoteError } from "./messages.ts";

/** The worker ended while it ran an invocation, or before it could take it. */
export class WorkerGone extends Error {
  override readonly name = "WorkerGone";
  /** False when none of the app's code can have run for this invocation: another worker may be given it. */
  readonly hadStarted: boolean;

  constructor(message: string, hadStarted: boolean) {
    super(message);
    this.hadStarted = hadStarted;
  }
}

/** The function itself failed; name, text and stack are those of its error in the worker. */
export class FunctionError extends Error {
  override readonly name = "FunctionError";
  readonly remote: RemoteError;

  constructor(remote: RemoteError) {
    super(`${remote.name}: ${remote.message}`);
    this.remote = remote;
    if (remote.stack !== undefined) this.stack = remote.stack;
  }
}
