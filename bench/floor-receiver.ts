// The process that the floor's messages go to: receives as the host of an instance does, and tells what came.

import { connectBus } from "../shared/bus/connect.ts";
import { readStamp, sharedNowMs } from "./stamp.ts";

/** As many as `host.json` has an instance take at once. */
const maxConcurrentCalls = 16;

const [connectionString = "", queue = ""] = process.argv.slice(2);
let received: [number, number][] = [];

const client = connectBus({ connectionString });
client.createReceiver(queue, { skipParsingBodyAsJson: true }).subscribe(
  {
    processMessage: async ({ body }) => {
      const { id, sentAtMs } = readStamp(String(body));
      if (received.length === 0) setImmediate(tell);
      received.push([id, sharedNowMs() - sentAtMs]);
    },
    processError: async ({ error }) => console.error(error),
  },
  { maxConcurrentCalls },
);
process.on("SIGTERM", () => void client.close().then(() => process.exit(0)));
process.on("disconnect", () => process.exit(0));
process.send?.("ready");

/** What came in one turn of the event loop is told at once. */
function tell(): void {
  process.send?.(received);
  received = [];
}
