import { beforeAll, expect, test } from "vitest";
import type { Deployment } from "../../../infra/check/check-infra.ts";
import { entities } from "../../../shared/bus/topology.ts";
import { fleetLog } from "../../../shared/fleet/log.ts";
import { systemClock } from "../../../shared/kernel/clock.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { checkReal } from "../../support/infra/checked.ts";
import { appsOf, deployedOf, onlyDeployment, read } from "../../support/infra/provisioned.ts";

let deployment: Deployment;

beforeAll(async () => {
  deployment = onlyDeployment(await checkReal());
});

/** What the alerts on metrics look at, as JSON. */
const criteria = () =>
  deployedOf(deployment, "Microsoft.Insights/metricAlerts").map((alert) =>
    JSON.stringify(read(alert, "properties", "criteria")),
  );

test("dead letters in any entity, throttling, and messages that wait for people are told", () => {
  const deadLetters = criteria().find((text) => text.includes('"DeadletteredMessages"'));
  expect(deadLetters).toContain('"name":"EntityName","operator":"Include","values":["*"]');
  expect(criteria().some((text) => text.includes('"ThrottledRequests"'))).toBe(true);
  const waiting = criteria().find((text) => text.includes('"ActiveMessages"'));
  expect(waiting).toContain(`"${entities.rejected}"`);
  expect(waiting).toContain(`"${entities.routerUnmatched}"`);
});

test("a lost instance is told: the query looks for the line that the others log, and for its fields", () => {
  const lines: string[] = [];
  const log = new Log({ instance: "web-0", role: "web" }, systemClock, (line) => lines.push(line));
  fleetLog(log).instanceLost("web-1", "incarnation");
  const [rule] = deployedOf(deployment, "Microsoft.Insights/scheduledQueryRules");
  const query = rule && JSON.stringify(read(rule, "properties", "criteria"));
  const logged: Record<string, unknown> = JSON.parse(lines[0] ?? "");
  expect(query).toContain(`\\"${String(logged["event"])}\\"`);
  const fields = [...(query ?? "").matchAll(/entry\.(\w+)/g)].map(([, name = ""]) => name);
  expect(fields).toContain("event");
  expect(fields.filter((name) => !(name in logged))).toEqual([]);
  expect(logged[fields.find((name) => name !== "event") ?? ""]).toBe("web-1");
});

test("an instance that is not ready is told, for each app", () => {
  const watched = deployedOf(deployment, "Microsoft.Insights/metricAlerts")
    .filter((alert) => JSON.stringify(read(alert, "properties", "criteria")).includes('"HealthCheckStatus"'))
    .flatMap((alert) => read(alert, "properties", "scopes"));
  expect(new Set(watched)).toEqual(new Set(appsOf(deployment).map(({ resource }) => resource.id)));
});

test("every alert is on, and tells the action group", () => {
  const [group] = deployedOf(deployment, "Microsoft.Insights/actionGroups");
  const alerts = ["metricAlerts", "scheduledQueryRules"].flatMap((type) =>
    deployedOf(deployment, `Microsoft.Insights/${type}`),
  );
  expect(alerts.length).toBeGreaterThan(3);
  for (const alert of alerts) {
    expect(JSON.stringify(read(alert, "properties", "actions"))).toContain(`"${group?.id}"`);
    expect(read(alert, "properties", "enabled")).toBe(true);
  }
});
