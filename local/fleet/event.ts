import { stripVTControlCharacters } from "node:util";

import { z } from "zod";

/** A line that an instance, or the supervisor, tells of itself. What comes beyond these fields is the event's own. */
export const fleetEventSchema = z.looseObject({
  time: z.string(),
  level: z.enum(["info", "warn", "error"]),
  event: z.string(),
  instance: z.string(),
  role: z.string(),
  message: z.string(),
});

export type FleetEvent = z.infer<typeof fleetEventSchema>;

/** The event of a line that is no event, such as a stray console.log. */
export const outputEvent = "output";

/** The event of a line of the host's own log; its `category` says which part of the host, or which function, speaks. */
export const hostLogEvent = "host.log";

/** A host writes its log as `[time] level category: message`. */
const hostLogLine = /^\[(?<time>\S+)\] (?<level>[a-z]+) (?<category>[^\s:]+): (?<message>.*)$/;

const levels: Readonly<Record<string, FleetEvent["level"]>> = {
  trace: "info",
  debug: "info",
  information: "info",
  warning: "warn",
  error: "error",
  critical: "error",
};

/** A listener of events; must not throw. */
export type OnEvent = (event: FleetEvent) => void;

/** Reads a line of an instance's output. A line that is no event is wrapped as one, so that nothing is lost. */
export function parseLine(line: string, from: { id: string; role: string }, now: () => Date): FleetEvent {
  const speaker = { instance: from.id, role: from.role };
  return (
    parseEvent(line) ??
    parseHostLog(stripVTControlCharacters(line), speaker) ?? {
      time: now().toISOString(),
      level: "info",
      event: outputEvent,
      ...speaker,
      message: line,
    }
  );
}

/** Whether this says only that the host goes about its work: every call of a function gives two such lines. */
export function isHostRoutine(event: FleetEvent): boolean {
  const isUserCode = String(event["category"]).endsWith(".User");
  return event.event === hostLogEvent && event.level === "info" && !isUserCode;
}

function parseHostLog(line: string, speaker: { instance: string; role: string }): FleetEvent | undefined {
  const { time = "", level = "", category = "", message = "" } = hostLogLine.exec(line)?.groups ?? {};
  const known = levels[level];
  if (known === undefined) return undefined;
  return { time, level: known, event: hostLogEvent, ...speaker, message: message.trim(), category };
}

function parseEvent(line: string): FleetEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return fleetEventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    // Not JSON after all: it is shown as it is.
    return undefined;
  }
}
