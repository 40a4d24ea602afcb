import { readFileSync } from "node:fs";

/** A process id, and when its process began, since the system gives ids out again. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly birth: string;
}

/** Fields of /proc/PID/stat, counted from the one after the process's name, which may hold spaces. */
const stateField = 0;
const birthField = 19;

/** When this process began, in the system's own terms; empty when the system does not tell. */
export function birthOf(pid: number): string {
  return statOf(pid)?.[birthField] ?? "";
}

/** Whether this very process still runs. One that has ended and that nobody has asked about yet (a zombie) does not. */
export function isAlive({ pid, birth }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  const stat = statOf(pid);
  return stat?.[stateField] !== "Z" && (stat?.[birthField] ?? "") === birth;
}

function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    // No such process, or a system without /proc.
    return undefined;
  }
}
