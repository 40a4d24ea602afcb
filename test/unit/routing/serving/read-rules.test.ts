import { describe, expect, test } from "vitest";
import type { RouterConfig } from "../../../../shared/kernel/config.ts";
import { makeReadRules, outboundPolicyOf } from "../../../../shared/routing/serving/read-rules.ts";

const config: RouterConfig = {
  table: "default",
  bootSource: "repository",
  runtimeSource: "repository",
  file: undefined,
  overlay: undefined,
  outbound: "public",
  allowedHosts: ["10.1.0.0/16"],
  tokenResources: ["api://orders"],
  maxTries: 1,
  retryMs: 1,
  retentionDays: 30,
};
const options = { customFilters: new Map(), now: () => 0 };

describe("the rules", () => {
  test("keep tables away from the fleet's own queues and topics, those of single instances too", () => {
    const { reservedEntities } = makeReadRules(config, options)("default");
    for (const own of ["control", "router-inbox", "rejected", "instance-web-0"])
      expect(reservedEntities.has(own)).toBe(true);
    expect(reservedEntities.has("orders")).toBe(false);
  });

  test("hold the addresses of the environment for the table that they are for", () => {
    const overlay = JSON.stringify({
      default: { environment: "staging", endpoints: { echo: "queue:echo" } },
    });
    const rulesFor = makeReadRules({ ...config, overlay }, options);
    expect(rulesFor("default").overlay?.endpoints).toEqual({ echo: "queue:echo" });
    expect(rulesFor("other").overlay).toBeUndefined();
  });

  test("refuse a setting that is no overlay, with its name", () => {
    for (const overlay of ["{", '{"default":{"environment":"moon"}}'])
      expect(() => makeReadRules({ ...config, overlay }, options)).toThrow(/ROUTER_OVERLAY/);
  });
});

test("what the router may call is what the settings say", () => {
  const policies = (["public", "listed", "local"] as const).map((outbound) =>
    outboundPolicyOf({ ...config, outbound }),
  );
  expect(policies.map(({ allowPublic, allowLoopback }) => [allowPublic, allowLoopback])).toEqual([
    [true, false],
    [false, false],
    [true, true],
  ]);
  for (const { allowed } of policies) expect(allowed).toEqual(["10.1.0.0/16"]);
});
