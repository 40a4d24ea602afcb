import { systemClock } from "../../shared/kernel/clock.ts";
import { SettingsError } from "../functions/settings/settings-error.ts";
import { ArgumentError, parseArguments, type FleetCommand } from "./arguments.ts";
import { colorsFor } from "./colors.ts";
import { isHostRoutine, type FleetEvent } from "./event.ts";
import { FleetRunningError } from "./fleet-file.ts";
import { NotReadyError, type Fleet } from "./fleet.ts";
import { InstanceListError } from "./instance-list.ts";
import { onParentGone } from "./parent-watch.ts";
import { PortTakenError } from "./ports.ts";
import { renderEvent } from "./render.ts";
import { SettingsFileError } from "./settings-file.ts";
import { startFleet } from "./start-fleet.ts";
import { renderSummary } from "./summary.ts";

// The command behind `npm start`: starting → running → stopping on the first signal, killed on the second.

/** A terminal and npm both deliver one Ctrl-C: signals closer together than this are one. */
const sameSignalMs = 400;

/** Ended at once on request: the shell's code for a Ctrl-C. */
const killedCode = 130;
/** The command line, a port or a file was wrong. */
const refusedCode = 2;

const refusals = [
  ArgumentError,
  InstanceListError,
  PortTakenError,
  FleetRunningError,
  SettingsFileError,
  SettingsError,
];

const colors = colorsFor(process.stdout);

async function main(): Promise<void> {
  const command = await parseArguments(process.argv.slice(2));
  const starting = startFleet({ ...command.fleet, onEvent: (event) => print(event, command) });
  endOnSignals(starting);
  const fleet = await starting;
  try {
    await fleet.waitReady();
  } catch (error) {
    // Which instance is not ready, and why, has been printed as it was found; the others are there to be used.
    if (!(error instanceof NotReadyError)) throw error;
  }
  if (command.logFormat === "text" && !fleet.isEnding) console.log(renderSummary(fleet, colors));
}

function print(event: FleetEvent, { logFormat, quiet, verbose }: FleetCommand): void {
  if (quiet && event.level === "info") return;
  if (logFormat === "text" && !verbose && isHostRoutine(event)) return;
  console.log(logFormat === "json" ? JSON.stringify(event) : renderEvent(event, colors));
}

/** The first signal, or the end of whoever started or reads us, ends the fleet in order; a second one at once. */
function endOnSignals(starting: Promise<Fleet>): void {
  let firstAt: number | undefined;
  let fleet: Fleet | undefined;
  const onEnd = (reason: string): void => {
    const now = systemClock.monotonicMs();
    if (firstAt === undefined) {
      firstAt = now;
      void endInOrder(starting, reason);
    } else if (now - firstAt > sameSignalMs) {
      fleet?.killNow();
      process.exit(killedCode);
    }
  };
  starting.then(
    (started) => (fleet = started),
    () => undefined,
  );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => onEnd(signal));
  process.stdout.on("error", () => onEnd("Nobody reads the output any more"));
  if (process.env["npm_lifecycle_event"] !== undefined) onParentGone(() => onEnd("npm has ended"));
}

async function endInOrder(starting: Promise<Fleet>, reason: string): Promise<void> {
  let fleet: Fleet;
  try {
    fleet = await starting;
  } catch {
    // It never ran; why is told where it was started.
    return;
  }
  await fleet.stop(reason);
  process.exit(0);
}

try {
  await main();
} catch (error) {
  const isRefusal = refusals.some((kind) => error instanceof kind);
  console.error(isRefusal && error instanceof Error ? colors.red(error.message) : error);
  process.exit(isRefusal ? refusedCode : 1);
}
