import type { InvocationRequest } from "../core/listener.ts";
import type { Schedule } from "./schedule.ts";

/** When a timer last fired and when it will. Times are milliseconds since the epoch. */
export interface ScheduleStatus {
  /** Undefined before the first run. */
  readonly lastMs: number | undefined;
  readonly nextMs: number;
}

/** What a call of a timer function gets, in the real host's shape; the status is null when the schedule is not watched. */
export function timerRequest(
  name: string,
  schedule: Schedule,
  facts: { readonly status: ScheduleStatus | undefined; readonly isPastDue: boolean; readonly nowMs: number },
): InvocationRequest {
  const info = {
    Schedule: { AdjustForDST: schedule.adjustsForDst },
    ScheduleStatus: facts.status === undefined ? null : statusOf(facts.status),
    IsPastDue: facts.isPastDue,
  };
  return {
    inputData: [{ name, data: { json: JSON.stringify(info) } }],
    triggerMetadata: { TimerTrigger: { string: invariantTime(facts.nowMs) } },
  };
}

const never = "0001-01-01T00:00:00+00:00";

function statusOf({ lastMs, nextMs }: ScheduleStatus) {
  const last = lastMs === undefined ? never : localTime(lastMs);
  return { Last: last, Next: localTime(nextMs), LastUpdated: last };
}

/** Local time with its offset, as .NET writes it. */
function localTime(ms: number): string {
  const offsetMinutes = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().replace(/\.?0*Z$/, "");
  const sign = offsetMinutes < 0 ? "-" : "+";
  const size = Math.abs(offsetMinutes);
  return `${local}${sign}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

/** Local time as `MM/dd/yyyy HH:mm:ss`. */
function invariantTime(ms: number): string {
  const local = localTime(ms);
  const [year = "", month = "", day = ""] = local.slice(0, 10).split("-");
  return `${month}/${day}/${year} ${local.slice(11, 19)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
