import { app } from "@azure/functions";
import { entities } from "../shared/bus/topology.ts";
import { runtime } from "./app-runtime.ts";

const { exampleController, role } = runtime.config;

/** Instances of the controlling role fire together; what they ask for within one such span is one request. */
const spanMs = 60_000;

/**
 * The controller of the original demonstration: on a timer, asks every instance of another role to recycle, by message as any
 * workflow would. Off unless EXAMPLE_CONTROLLER_SCHEDULE is set.
 */
if (exampleController) {
  const { schedule, target } = exampleController;
  app.timer("example-controller", {
    schedule,
    handler: async () => {
      const span = Math.floor(runtime.clock.now().getTime() / spanMs);
      const key = `example-controller:${span}`;
      const request = {
        type: "recycle",
        role: target,
        key,
        from: `${role}/example-controller`,
        tag: "example",
      };
      await runtime.outbox.send(entities.recycleRequests, {
        messageId: `${target}:${key}`,
        subject: "recycle",
        body: request,
      });
    },
  });
}
