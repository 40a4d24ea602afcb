import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where this bench was built to: its processes' files lie side by side. */
const here = dirname(fileURLToPath(import.meta.url));

/** How long a process may take to end in order. */
const endWithinMs = 5_000;

/** Starts one of the bench's own processes, by the name of its file, and settles with the first thing it says. */
export async function startChild(
  name: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; first: unknown }> {
  const child = fork(join(here, `${name}.js`), [...args], { serialization: "advanced" });
  const first = await Promise.race([
    once(child, "message").then(([message]: unknown[]) => message),
    once(child, "exit").then(([code]: unknown[]) => {
      throw new Error(`${name} has ended with code ${String(code)} before it was ready`);
    }),
  ]);
  return { child, first };
}

/** Ends a process and settles when it has gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const deadline = setTimeout(() => child.kill("SIGKILL"), endWithinMs);
  await gone;
  clearTimeout(deadline);
}
