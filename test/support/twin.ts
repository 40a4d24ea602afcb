import { join } from "node:path";
import { HostProcess } from "../../local/fleet/host-process.ts";
import { instanceEnvironment } from "../../local/fleet/instance-environment.ts";
import { packageRoot } from "../../local/fleet/package-root.ts";
import { Ports } from "../../local/fleet/ports.ts";
import { waitUntilReady } from "../../local/fleet/readiness.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import type { RecycleFleet } from "./recycle-fleet.ts";

const readyWithinMs = 30_000;

/** A host that was started by mistake with the id of an instance that runs. */
export interface Twin extends AsyncDisposable {
  readonly url: string;
  /** As kill -9 of host and worker. */
  kill(): Promise<void>;
}

/** Starts it; settles when it is ready, and so has taken over. */
export async function startTwin({ world: { fleet }, settings }: RecycleFleet, id: string): Promise<Twin> {
  const port = await new Ports().choose({ given: 0 }, "");
  const url = `http://127.0.0.1:${port}`;
  const around = { url, connections: fleet, localSettings: [], settings: [settings] };
  const { role } = fleet.instance(id);
  const app = packageRoot();
  const env = instanceEnvironment({ id, role }, around, process.env);
  const lines: string[] = [];
  const host = new HostProcess(
    { entry: join(app, "dist/local/host.js"), app, port, env },
    { onLine: (line) => lines.push(line), onWorker: () => undefined },
  );
  const kill = async () => {
    host.kill();
    await host.ended;
  };
  const signal = new AbortController().signal;
  const answer = await waitUntilReady(url, { clock: systemClock, withinMs: readyWithinMs, signal });
  if (!answer.ready) {
    await kill();
    throw new Error(`The twin is not ready: ${answer.reason}\n${lines.join("\n")}`);
  }
  return { url, kill, [Symbol.asyncDispose]: kill };
}
