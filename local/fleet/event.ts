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

/** The event of a line that is no event: what a host prints for people, or a stray console.log. */
export const outputEvent = "output";

/** A listener of events; must not throw. */
export type OnEvent = (event: FleetEvent) => void;

/** Reads a line of an instance's output. A line that is no event is wrapped as one, so that nothing is lost. */
export function parseLine(line: string, from: { id: string; role: string }, now: () => Date): FleetEvent {
  return (
    parseEvent(line) ?? {
      time: now().toISOString(),
      level: "info",
      event: outputEvent,
      instance: from.id,
      role: from.role,
      message: line,
    }
  );
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
