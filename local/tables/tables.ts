import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { packageRoot } from "../fleet/package-root.ts";

/** The account that every storage emulator has; its key is public. */
const account = "devstoreaccount1";
const accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** What the thread is given. */
export interface ThreadData {
  readonly port: number;
}

/** What the thread says, once. */
export type ThreadReport = { kind: "listening"; port: number } | { kind: "failed"; reason: string };

/** A running table service. */
export interface Tables {
  readonly port: number;
  readonly connectionString: string;
  /** Ends it, and what it held is gone. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts Azurite's table service in memory, on the given port of 127.0.0.1 or, with 0, on a free one. It runs in a thread of its own:
 * loading it blocks for half a second, during which broker and hosts should start, and a thread cannot outlive its process.
 */
export async function startTables(options: { port: number }): Promise<Tables> {
  const data: ThreadData = { port: options.port };
  const thread = new Worker(join(packageRoot(), "dist/local/tables.cjs"), {
    workerData: data,
    execArgv: [],
    stdout: false,
  });
  const report = await firstReport(thread);
  if (report.kind === "failed") {
    await thread.terminate();
    throw new Error(`The table service cannot listen on port ${options.port}: ${report.reason}`);
  }
  return {
    port: report.port,
    connectionString: tablesConnectionString(report.port),
    close: async () => void (await thread.terminate()),
  };
}

/** The connection string of a table service that listens on this port of 127.0.0.1. */
export function tablesConnectionString(port: number): string {
  const endpoint = `http://127.0.0.1:${port}/${account}`;
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};TableEndpoint=${endpoint};`;
}

function firstReport(thread: Worker): Promise<ThreadReport> {
  return new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.once("exit", (code) => reject(new Error(`The table service's thread ended with code ${code}`)));
  });
}
