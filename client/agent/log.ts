import type { Log } from "../../shared/kernel/log.ts";

/** What an instance tells of itself that no function app does: there the host would. */
export const agentLog = (log: Log) => ({
  trouble: (source: string, reason: string) =>
    log.emit("warn", "agent.trouble", `${source}: ${reason}`, { source, reason }),
});
