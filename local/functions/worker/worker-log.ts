import type { LogMessage } from "../core/messages.ts";
import { withReadOnly, type App } from "./app.ts";
import type { HookData } from "./core-types.ts";

/** What a log hook is told about the invocation that wrote the entry. */
export interface LogOrigin {
  readonly hookData: HookData;
  readonly invocationContext: unknown;
}

/** Sends an entry to the host after the app's log hooks have seen it. */
export type WorkerLog = (entry: Omit<LogMessage, "kind">, origin?: LogOrigin) => void;

/** Makes the log of a worker. Log hooks may change the level and the text of what user code wrote, and of nothing else. */
export function createWorkerLog(app: App, send: (message: LogMessage) => void): WorkerLog {
  return (entry, origin) => {
    const seen = { level: entry.level, message: entry.message };
    try {
      const context = withReadOnly(seen, {
        category: entry.category,
        hookData: origin?.hookData ?? {},
        appHookData: app.appHookData,
        invocationContext: origin?.invocationContext,
      });
      for (const hook of app.hooks("log")) void hook(context);
    } catch {
      // As in the real worker: a hook that fails must not keep an entry from being written.
    }
    const { level, message } = entry.category === "user" ? seen : entry;
    send({ kind: "log", ...entry, level, message });
  };
}
