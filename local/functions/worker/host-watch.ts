import { Worker } from "node:worker_threads";

/** How often the thread looks whether the host is still there. */
const lookEveryMs = 1_000;

// Source, because it runs in a thread of its own: the main one notices nothing while a function of the app does not return.
const watch = `
const { workerData } = require("node:worker_threads");
setInterval(() => {
  if (process.ppid !== workerData.hostPid) process.kill(process.pid, "SIGKILL");
}, workerData.lookEveryMs);
`;

const hostPid = process.ppid;

/** Ends this process when the channel to its host closes: nobody would ever end it otherwise. */
export function endWithHost(exitCode: number): void {
  process.on("disconnect", () => process.exit(exitCode));
  // Ctrl-C in a terminal reaches the whole process group, but the host decides when its worker has finished.
  process.on("SIGINT", () => undefined);
}

/** Ends this process when its host is gone even if the app's code keeps it from noticing. Takes 9 MB, so it is for a loaded app. */
export function endWithHostByForce(): void {
  const thread = new Worker(watch, {
    eval: true,
    workerData: { hostPid, lookEveryMs },
    // Not the app's own, which may load code or open a debugger.
    execArgv: [],
    env: {},
  });
  thread.unref();
}
