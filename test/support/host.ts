import { readFileSync } from "node:fs";
import type { ClientRequest, IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import type { HostEvent } from "../../local/functions/host/host-events.ts";
import { startHost } from "../../local/functions/host/host.ts";
import type { Host, HostOptions } from "../../local/functions/host/options.ts";
import type { LogEntry } from "../../local/functions/log/log.ts";
import { eventually } from "./eventually.ts";

/** A host with one of the apps in `fixture-apps`, and everything that it has told. */
export interface FixtureHost extends AsyncDisposable {
  readonly host: Host;
  readonly log: readonly LogEntry[];
  readonly lines: readonly string[];
  readonly events: readonly HostEvent[];
  /** A request to the app; the path begins with a slash. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Waits until the app has written this line. */
  untilLine(text: string): Promise<void>;
  /** Waits until the host has logged something that holds this text. */
  untilLogged(text: string): Promise<LogEntry>;
  /** Waits until another worker than this one is ready. */
  untilOtherWorker(pid: number | undefined): Promise<number>;
}

/** How a fixture differs from the usual host. */
export type FixtureOptions = Omit<Partial<HostOptions>, "env"> & {
  readonly env?: Readonly<Record<string, string>>;
};

/** Where the built worker is; a run of its own may build to another folder. */
const dist = process.env["TEST_DIST"] ?? "dist/local";

/** The built command that runs a host. */
export const hostPath = fileURLToPath(new URL(`../../${dist}/host.js`, import.meta.url));

/** Errors restart the worker without the pause that a person would want. */
const quick = { errorRestartMs: 10, workerWaitMs: 30_000, terminateMs: 5_000, drainMs: 30_000 };

/** Starts a host on a free port with one of the fixture apps. */
export async function startFixture(
  app: string,
  { env, timings, ...options }: FixtureOptions = {},
): Promise<FixtureHost> {
  const record = { log: [] as LogEntry[], lines: [] as string[], events: [] as HostEvent[] };
  const host = await startHost({
    appDir: fixtureDir(app),
    workerPath: fileURLToPath(new URL(`../../${dist}/worker.js`, import.meta.url)),
    env: { PATH: process.env["PATH"], ...env },
    timings: { ...quick, ...timings },
    log: (entry) => record.log.push(entry),
    onWorkerLine: (line) => record.lines.push(line),
    onEvent: (event) => record.events.push(event),
    ...options,
  });
  return {
    ...record,
    host,
    fetch: (path, init) => fetch(`${host.url}${path}`, init),
    untilLine: async (text) => {
      await eventually(() => record.lines.includes(text));
    },
    untilLogged: (text) =>
      eventually(() =>
        found(
          record.log.find(({ message }) => message.includes(text)),
          text,
        ),
      ),
    untilOtherWorker: (pid) =>
      eventually(() => {
        const current = host.state === "running" && host.workerPid !== pid ? host.workerPid : undefined;
        return found(current, `a worker other than ${pid}`);
      }),
    [Symbol.asyncDispose]: () => host.stop(0),
  };
}

/** Waits for the head of a response and leaves its body alone. */
export function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
}

function found<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`not seen: ${what}`);
  return value;
}

/** The folder of a fixture app. */
export function fixtureDir(app: string): string {
  return fileURLToPath(new URL(`./fixture-apps/${app}`, import.meta.url));
}

/** Whether a process still runs. One that has ended but that nobody has waited for does not: not every machine reaps orphans. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return stateOf(pid) !== "Z";
  } catch {
    return false;
  }
}

/** The state of a process as Linux tells it; undefined elsewhere. */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).charAt(0);
  } catch {
    return undefined;
  }
}
