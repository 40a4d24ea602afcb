import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { eventually } from "./eventually.ts";
import { hostPath } from "./host.ts";

/** A host that is a process of its own, as a supervisor starts it. Killed, with whatever it left, when it goes out of scope. */
export interface HostCommand extends AsyncDisposable {
  readonly child: ChildProcess;
  /** What the host has told of its workers: the process of each, and null when it had ended. */
  readonly workers: readonly (number | null)[];
  /** Everything written so far, to stdout and stderr. */
  text(): string;
  untilText(text: string, options?: { withinMs?: number }): Promise<void>;
  /** Waits until the host is ready. */
  url(): Promise<string>;
  /** Waits until the process is gone and all that it wrote is here. */
  exitCode(): Promise<number | null>;
}

/** Runs the built command for the app in a folder, on a free port unless the arguments name another. */
export function runHost(
  appDir: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): HostCommand {
  const child = fork(hostPath, ["--app", appDir, "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: [],
    env: { PATH: process.env["PATH"], ...env },
  });
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  // Its `close` event would do, but does not come for a child whose channel this process closed.
  const gone = Promise.all([once(child, "exit"), ...streams.map((stream) => once(stream, "end"))]);
  const workers: (number | null)[] = [];
  child.on("message", (message: { pid: number | null }) => workers.push(message.pid));
  let output = "";
  for (const stream of streams) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const untilText: HostCommand["untilText"] = async (text, options) => {
    await eventually(() => {
      if (!output.includes(text)) throw new Error(`'${text}' is not in:\n${output}`);
    }, options);
  };
  return {
    child,
    workers,
    text: () => output,
    untilText,
    url: async () => {
      await untilText("The host is ready at", { withinMs: 30_000 });
      return /ready at (http:\S+?)\.\n/.exec(output)?.[1] ?? "";
    },
    exitCode: async () => {
      await gone;
      return child.exitCode;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
