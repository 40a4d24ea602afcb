import { describe, expect, test } from "vitest";

import { instanceEnvironment } from "../../../local/fleet/instance-environment.ts";

const spec = { id: "web-0", role: "web" };
const around = {
  url: "http://127.0.0.1:7071",
  connections: { serviceBus: "sb", serviceBusAdmin: "sba", tables: "t" },
  localSettings: [],
  settings: [],
};

describe("the environment of an instance", () => {
  test("says who it is, where it is reached and where its services are", () => {
    expect(instanceEnvironment(spec, around, {})).toEqual({
      INSTANCE_ID: "web-0",
      ROLE_NAME: "web",
      INSTANCE_URL: "http://127.0.0.1:7071",
      ServiceBus: "sb",
      Tables: "t",
      HEARTBEAT_MS: "1000",
      ROUTER_OUTBOUND: "local",
      TICK_MS: "500",
      SESSION_GRACE_MS: "10000",
      SESSION_TOKEN_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test("inherits ours, but not who somebody else is", () => {
    const inherited = { PATH: "/bin", INSTANCE_ID: "other", HEARTBEAT_MS: "9" };
    expect(instanceEnvironment(spec, around, inherited)).toMatchObject({
      PATH: "/bin",
      INSTANCE_ID: "web-0",
      HEARTBEAT_MS: "9",
    });
  });

  test("lets an instance's own settings win over those for all", () => {
    const settings = [{ DRAIN_MS: "1", TICK_MS: "60" }, { DRAIN_MS: "2" }];
    expect(instanceEnvironment(spec, { ...around, settings }, {})).toMatchObject({
      DRAIN_MS: "2",
      TICK_MS: "60",
    });
  });

  test("leaves to local.settings.json what it has a value for", () => {
    const environment = instanceEnvironment(spec, { ...around, localSettings: ["HEARTBEAT_MS"] }, {});
    expect(environment).not.toHaveProperty("HEARTBEAT_MS");
    expect(environment).toHaveProperty("TICK_MS");
  });
});
