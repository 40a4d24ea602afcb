import { connectBus } from "../bus/connect.ts";
import { busLog } from "../bus/log.ts";
import { Outbox } from "../bus/outbox.ts";
import { counterLog } from "../counter/log.ts";
import { fleetLog } from "../fleet/log.ts";
import { systemClock } from "../kernel/clock.ts";
import type { Config } from "../kernel/config.ts";
import { fileFaultPoints, noFaultPoints } from "../kernel/fault-points.ts";
import { Log } from "../kernel/log.ts";
import { operationLog } from "../operation/log.ts";
import { presenceLog } from "../presence/log.ts";
import { type OnRecycle } from "../recycle/act.ts";
import { recycleLog } from "../recycle/log.ts";
import { connectTables } from "../table/connect.ts";

/** What the host of this runtime supplies: the application's hooks, and how the process ends. */
export interface RuntimeOptions {
  onRecycle: OnRecycle;
  endWorker: (exitCode: number) => void;
  writeLine: (line: string) => void;
}

export type Edges = ReturnType<typeof makeEdges>;

/** What everything stands on: time, log, fault points, Service Bus, Table Storage. */
export function makeEdges(config: Config, options: RuntimeOptions) {
  const clock = systemClock;
  const faults = config.faultPoints
    ? fileFaultPoints(config.faultPoints, config.instance, clock)
    : noFaultPoints;
  const log = new Log(config, clock, options.writeLine);
  const logs = {
    bus: busLog(log),
    fleet: fleetLog(log),
    operation: operationLog(log),
    recycle: recycleLog(log),
    presence: presenceLog(log),
    counter: counterLog(log),
  };
  return {
    log,
    clock,
    faults,
    logs,
    outbox: new Outbox(() => connectBus(config.bus), clock),
    tables: connectTables(config.tables),
  };
}
