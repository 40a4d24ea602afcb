import { app } from "@azure/functions";
import { readReadiness } from "../shared/fleet/readiness.ts";
import { runtime } from "./app-runtime.ts";
import { json } from "./door.ts";

const { instance, role } = runtime.config;

app.http("health-live", {
  methods: ["GET"],
  route: "health/live",
  authLevel: "anonymous",
  handler: () => json(200, { status: "live", instance, role, pid: process.pid }),
});

/** 200 or 503, with what is missing. Answers while the instance drains or is passive, too: that is when it matters. */
app.http("health-ready", {
  methods: ["GET"],
  route: "health/ready",
  authLevel: "anonymous",
  handler: () => {
    const { isReady, ...rest } = readReadiness(runtime);
    return json(isReady ? 200 : 503, {
      status: isReady ? "ready" : "not-ready",
      instance,
      role,
      pid: process.pid,
      ...rest,
      presence: runtime.presence.counts,
    });
  },
});
