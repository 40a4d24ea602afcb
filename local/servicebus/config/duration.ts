/** .NET's TimeSpan.MaxValue, which is how Azure writes "no limit". */
export const noLimit = "P10675199DT2H48M5.4775807S";

const dayMs = 86_400_000;
/** Durations of so many days and more mean "no limit". */
const noLimitDays = 10_675_199;
/** As .NET reads years and months in a duration. */
const daysPerYear = 365;
const daysPerMonth = 30;

const pattern =
  /^P(?=\d|T\d)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/;

/** Reads an ISO 8601 duration as milliseconds; Infinity for "no limit", undefined for what is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text.trim());
  if (match === null) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  const allDays = years * daysPerYear + months * daysPerMonth + weeks * 7 + days;
  const ms = allDays * dayMs + hours * 3_600_000 + minutes * 60_000 + Math.round(seconds * 1000);
  return ms >= noLimitDays * dayMs ? Infinity : ms;
}

/** Writes milliseconds as Azure does: `PT1M`, `P1DT2H`, and the largest TimeSpan for Infinity. */
export function formatDuration(ms: number): string {
  if (ms >= noLimitDays * dayMs) return noLimit;
  const days = Math.floor(ms / dayMs);
  const hours = Math.floor((ms % dayMs) / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  const time = `${part(hours, "H")}${part(minutes, "M")}${part(seconds, "S")}`;
  if (days === 0 && time === "") return "PT0S";
  return `P${part(days, "D")}${time === "" ? "" : `T${time}`}`;
}

function part(count: number, unit: string): string {
  return count === 0 ? "" : `${count}${unit}`;
}
