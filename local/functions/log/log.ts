/** The levels of the platform, least severe first; `none` as a threshold lets nothing through. */
export const logLevels = ["trace", "debug", "information", "warning", "error", "critical", "none"] as const;

/** How severe an entry is. */
export type LogLevel = (typeof logLevels)[number];

/** One entry of the host's log, not one of the app's own lines on stdout. */
export interface LogEntry {
  readonly level: LogLevel;
  /** As the real host names it: `Host.Startup`, `Function.<name>`, `Function.<name>.User`. */
  readonly category: string;
  readonly message: string;
  readonly error?: unknown;
}

/** Where the host writes. Must not throw. */
export type LogSink = (entry: LogEntry) => void;

/** A log whose category is already chosen: what a part of the host is given. */
export type Log = (level: LogLevel, message: string, error?: unknown) => void;

/** Binds a sink to one category. */
export function logAs(sink: LogSink, category: string): Log {
  return (level, message, error) =>
    sink(error === undefined ? { level, category, message } : { level, category, message, error });
}

/** An error in one line, for a log or an answer that must not carry a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
