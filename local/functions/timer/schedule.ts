import { Cron } from "croner";
import { SettingsError } from "../settings/settings-error.ts";
import { parseTimeSpan } from "../settings/time-span.ts";

/** When a timer fires. */
export interface Schedule {
  /** The first moment after this one, in milliseconds since the epoch. */
  next(afterMs: number): number;
  /** Whether summer time moves the moments: it does for times of day, not for intervals. */
  readonly adjustsForDst: boolean;
  readonly text: string;
}

interface Field {
  readonly last: number;
  readonly names: readonly string[];
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

// second, minute, hour, day, month, day of the week; a pattern of five has no seconds.
const fields: readonly Field[] = [
  { last: 59, names: [] },
  { last: 59, names: [] },
  { last: 23, names: [] },
  { last: 31, names: [] },
  { last: 12, names: months },
  { last: 6, names: weekdays },
];

const item = /^(\*|[0-9]+|[A-Za-z]{3,})(?:-([0-9]+|[A-Za-z]{3,}))?(?:\/([0-9]+))?$/;

/** Reads a schedule: NCRONTAB of five or six fields, or a duration such as `00:05:00`. Throws when it is neither. */
export function readSchedule(text: string): Schedule {
  const schedule = readCron(text) ?? readInterval(text);
  if (schedule === undefined) {
    throw new SettingsError(
      `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string.`,
    );
  }
  return schedule;
}

function readInterval(text: string): Schedule | undefined {
  const intervalMs = parseTimeSpan(text);
  if (intervalMs === undefined || intervalMs <= 0) return undefined;
  return { next: (afterMs) => afterMs + intervalMs, adjustsForDst: false, text };
}

function readCron(text: string): Schedule | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== fields.length && parts.length !== fields.length - 1) return undefined;
  const known = fields.slice(fields.length - parts.length);
  const pattern = parts.map((part, index) => toCroner(part, known[index]));
  if (pattern.includes(undefined)) return undefined;
  const cron = compile(pattern.join(" "));
  if (cron === undefined) return undefined;
  const next = (afterMs: number): number => cron.nextRun(new Date(afterMs))?.getTime() ?? Number.NaN;
  if (Number.isNaN(next(Date.now()))) throw new SettingsError(`The schedule '${text}' never comes.`);
  return { next, adjustsForDst: true, text };
}

function compile(pattern: string): Cron | undefined {
  try {
    // NCRONTAB wants a day to match both the day of the month and the day of the week.
    return new Cron(pattern, { paused: true, mode: "5-or-6-parts", domAndDow: true });
  } catch {
    // What it says speaks of its own rules; the caller says what is allowed here.
    return undefined;
  }
}

/** NCRONTAB knows less than the library (no L, W, #, ?) and one thing more: `5/15` is `5-59/15`. */
function toCroner(part: string, field: Field | undefined): string | undefined {
  const items = part.split(",").map((text) => {
    const match = item.exec(text);
    if (match === null || field === undefined) return undefined;
    const [, from = "", to, step] = match;
    if (![from, to].every((value) => value === undefined || isKnown(value, field))) return undefined;
    if (from === "*" && to !== undefined) return undefined;
    return step !== undefined && to === undefined && from !== "*" ? `${from}-${field.last}/${step}` : text;
  });
  return items.includes(undefined) ? undefined : items.join(",");
}

function isKnown(value: string, { last, names }: Field): boolean {
  if (value === "*") return true;
  if (/^[0-9]+$/.test(value)) return Number(value) <= last;
  return names.includes(value.toUpperCase());
}
