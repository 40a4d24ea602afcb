import { reasonOf, type Log } from "../kernel/log.ts";
import { hasEnded, type Header, type Target } from "./header.ts";

/** What the operation slice tells the log. */
export function operationLog(log: Log) {
  return {
    accepted: ({ id, request }: Header) =>
      log.emit(
        "info",
        "operation.accepted",
        `recycle ${request.roles.join(", ")}, asked for by ${request.from}`,
        {
          operation: id,
          roles: request.roles,
          from: request.from,
          tag: request.tag,
        },
      ),
    moved: (before: Header, after: Header) => tellMove(log, before, after),
    leftAlone: (operation: string, error: unknown) =>
      log.emit(
        "warn",
        "operation.left-alone",
        `could not look after operation ${operation}: ${reasonOf(error)}`,
        {
          operation,
          reason: reasonOf(error),
        },
      ),
    cancelling: (operation: string) =>
      log.emit("info", "operation.cancelling", `operation ${operation} is being cancelled`, { operation }),
    resumed: (operation: string, step: number, stalledMs: number) =>
      log.emit(
        "warn",
        "operation.resumed",
        `operation ${operation} had stood still for ${Math.round(stalledMs)} ms; its tick is sent again`,
        {
          operation,
          step,
          stalledMs: Math.round(stalledMs),
        },
      ),
  };
}

export type OperationLog = ReturnType<typeof operationLog>;

/** One line for each thing that this move changed. */
function tellMove(log: Log, before: Header, after: Header): void {
  const { id: operation } = after;
  if (after.state !== before.state) {
    const level = after.state === "failed" ? "warn" : "info";
    log.emit(level, `operation.${after.state}`, `operation ${operation} is ${after.state}`, {
      operation,
      step: after.step,
    });
  }
  if (after.wave > before.wave) {
    const released = after.targets.filter(({ wave }) => wave === after.wave).map(({ instance }) => instance);
    log.emit("info", "operation.wave", `wave ${after.wave}: ${released.join(", ")}`, {
      operation,
      wave: after.wave,
      released,
    });
  }
  for (const target of newOutcomes(before, after)) {
    const { instance, outcome } = target;
    const level = outcome?.state === "recycled" ? "info" : "warn";
    log.emit(level, "operation.target", `${instance} is ${outcome?.state}`, {
      operation,
      target: instance,
      outcome: outcome ?? null,
    });
  }
}

function newOutcomes(before: Header, after: Header): Target[] {
  const had = new Set(before.targets.filter(({ outcome }) => outcome).map(({ instance }) => instance));
  return hasEnded(before)
    ? []
    : after.targets.filter(({ instance, outcome }) => outcome && !had.has(instance));
}
