import { FunctionError } from "../core/failures.ts";
import type { LogLevel, LogSink } from "./log.ts";
import pc from "picocolors";

const colours: Readonly<Record<LogLevel, (text: string) => string>> = {
  trace: pc.gray,
  debug: pc.gray,
  information: (text) => text,
  warning: pc.yellow,
  error: pc.red,
  critical: pc.red,
  none: (text) => text,
};

/** Writes the host's log to a stream for people to read: time, level, category, text, and the stack of a failed function. */
export function consoleSink(write: (line: string) => void): LogSink {
  return ({ level, category, message, error }) => {
    const time = new Date().toISOString();
    write(
      colours[level](
        `[${time}] ${level} ${category}: ${message}${error === undefined ? "" : `\n${detail(error)}`}`,
      ),
    );
  };
}

function detail(error: unknown): string {
  if (error instanceof FunctionError) return error.remote.stack ?? error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
