import { logLevels, type LogLevel, type LogSink } from "./log.ts";

const defaultKey = "default";

/**
 * Lets entries through by their category, as `logging.logLevel` in host.json says: the longest name that is the category or a
 * prefix of it decides, else `default`. Names are compared in any case.
 */
export function filterByLevel(sink: LogSink, levels: ReadonlyMap<string, string>): LogSink {
  const thresholds = [...levels]
    .flatMap(([category, level]) => {
      const known = logLevels.find((candidate) => candidate === level.toLowerCase());
      return known === undefined ? [] : [[category.toLowerCase(), known] as const];
    })
    .toSorted(([a], [b]) => b.length - a.length);
  const otherwise = thresholds.find(([category]) => category === defaultKey)?.[1] ?? "information";
  const decided = new Map<string, LogLevel>();
  const thresholdOf = (category: string): LogLevel => {
    const known = decided.get(category);
    if (known !== undefined) return known;
    const lower = category.toLowerCase();
    const found = thresholds.find(([name]) => name !== defaultKey && isWithin(lower, name))?.[1] ?? otherwise;
    decided.set(category, found);
    return found;
  };
  return (entry) => {
    if (severity(entry.level) >= severity(thresholdOf(entry.category))) sink(entry);
  };
}

function isWithin(category: string, name: string): boolean {
  return category === name || category.startsWith(`${name}.`);
}

function severity(level: LogLevel): number {
  return logLevels.indexOf(level);
}
