import { describe, expect, it } from "vitest";

import { topologyToConfig, topologyToNamespace } from "../../../local/servicebus/config/emulator-config.ts";
import { emulatorSchema } from "../../../local/servicebus/config/emulator-schema.ts";
import { withinOfficialLimits } from "../../../local/servicebus/config/official-limits.ts";
import { entities, topology } from "../../../shared/bus/topology.ts";

const instances = [
  { id: "web-0", role: "web" },
  { id: "api-0", role: "api" },
];

describe("the topology", () => {
  it("is written in the format that is read back", () => {
    const config = topologyToConfig(topology, instances);
    expect(emulatorSchema.safeParse(config).success).toBe(true);
    expect(emulatorSchema.safeParse(JSON.parse(JSON.stringify(config))).success).toBe(true);
  });

  it("becomes the entities that it names, with a subscription and a queue for each instance", () => {
    const namespace = topologyToNamespace(topology, instances);
    expect(namespace.queues.map(({ name }) => name)).toEqual([
      ...Object.keys(topology.queues),
      "instance-web-0",
      "instance-api-0",
    ]);
    const presence = namespace.topics.find(({ name }) => name === entities.presence);
    expect(presence?.subscriptions[0]?.rules.map(({ filter }) => filter.kind)).toEqual(["true"]);
    const control = namespace.topics.find(({ name }) => name === entities.control);
    expect(control?.subscriptions.map(({ name }) => name)).toEqual(["web-0", "api-0"]);
    const [role, everyone] = control?.subscriptions[0]?.rules ?? [];
    expect(role?.filter).toEqual({ kind: "correlation", properties: new Map([["role", "web"]]) });
    expect(everyone?.filter).toEqual({ kind: "correlation", properties: new Map([["role", "*"]]) });
  });

  it("is cut to the official emulator's limits when it is printed for it", () => {
    const [namespace] = withinOfficialLimits(topologyToConfig(topology, instances)).UserConfig.Namespaces;
    const durations = (namespace.Queues ?? []).map(({ Properties }) => Properties?.DefaultMessageTimeToLive);
    expect(durations).not.toContain("P1D");
    expect(durations).toContain("PT1H");
    expect(namespace.Queues?.[0]?.Properties).toMatchObject({ LockDuration: "PT20S", MaxDeliveryCount: 10 });
  });
});
