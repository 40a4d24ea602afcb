import type { Colors } from "./colors.ts";
import { outputEvent, type FleetEvent } from "./event.ts";

/** Room for names such as `web-0`; longer ones push the rest of their line. */
const instanceWidth = 7;
const eventWidth = 22;
/** A longer value is cut: the whole of it is in the JSON format. */
const maxValueChars = 60;
/** A value at least this long that the sentence names already is not repeated; a shorter one may stand there by chance. */
const minRepeatedChars = 4;

/** Said by other parts of the line. */
const shownElsewhere = new Set(["time", "level", "event", "instance", "role", "message"]);

/** One event as one line for people: time, instance, event, sentence, facts. */
export function renderEvent(event: FleetEvent, colors: Colors): string {
  const time = colors.dim(clockTime(event.time));
  const instance = instanceColor(event.instance, colors)(event.instance.padEnd(instanceWidth));
  if (event.event === outputEvent) return `${time} ${instance} ${colors.dim(oneLine(event.message))}`;
  const name = levelColor(event.level, colors)(event.event.padEnd(eventWidth));
  const facts = renderFacts(event);
  return `${time} ${instance} ${name} ${oneLine(event.message)}${facts === "" ? "" : ` ${colors.dim(facts)}`}`;
}

function renderFacts(event: FleetEvent): string {
  return Object.entries(event)
    .filter(
      ([name, value]) => !shownElsewhere.has(name) && value !== undefined && value !== null && value !== "",
    )
    .map(([name, value]) => [name, renderValue(value)] as const)
    .filter(([, text]) => text.length < minRepeatedChars || !event.message.includes(text))
    .map(([name, text]) => `${name}=${text}`)
    .join(" ");
}

function renderValue(value: unknown): string {
  const text = oneLine(typeof value === "string" ? value : JSON.stringify(value));
  return text.length > maxValueChars ? `${text.slice(0, maxValueChars)}…` : text;
}

/** Control characters of an instance's output must not steer the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}

/** The time of day, in the reader's time zone. */
function clockTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  return `${date.toLocaleTimeString("en-GB", { hour12: false })}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

function levelColor(level: FleetEvent["level"], colors: Colors): (text: string) => string {
  if (level === "error") return colors.red;
  return level === "warn" ? colors.yellow : colors.bold;
}

/** Always the same colour for the same instance. */
function instanceColor(instance: string, colors: Colors): (text: string) => string {
  const palette = [colors.cyan, colors.magenta, colors.green, colors.blue, colors.yellow];
  const sum = Array.from(instance, (char) => char.codePointAt(0) ?? 0).reduce(
    (total, code) => total + code,
    0,
  );
  return palette[sum % palette.length] ?? colors.cyan;
}
