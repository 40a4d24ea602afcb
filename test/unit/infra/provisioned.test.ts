import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Deployment } from "../../../infra/check/check-infra.ts";
import { formatFinding } from "../../../infra/check/finding.ts";
import { checkReal } from "../../support/infra/checked.ts";
import { appsOf, onlyDeployment, read } from "../../support/infra/provisioned.ts";
import { readRegistrations, triggerOf, type Registration } from "../../support/infra/registrations.ts";
import { tooWide, unprovisioned } from "../../support/infra/unprovisioned.ts";

let deployment: Deployment;
let findings: string[];
let registrations: Registration[];

beforeAll(async () => {
  const outcome = await checkReal();
  findings = outcome.findings.map(formatFinding);
  deployment = onlyDeployment(outcome);
  const [app] = appsOf(deployment);
  // The app's own settings, as they would be deployed: without one that it needs, it does not start here either.
  registrations = await readRegistrations(app?.settings ?? {});
});

test("the templates have no findings", () => {
  expect(findings).toEqual([]);
});

test("the app starts with the app settings that are deployed, and registers its triggers", () => {
  const types = new Set(registrations.map((registration) => triggerOf(registration).type));
  expect(types).toContain("httpTrigger");
  expect(types).toContain("serviceBusTrigger");
});

test("every entity, property, filter, table, setting and role that the functions need is deployed, for each instance", () => {
  expect(appsOf(deployment).length).toBeGreaterThan(1);
  expect(unprovisioned(deployment, registrations)).toEqual([]);
});

test("nobody has a right that is wider than what it needs", () => {
  expect(tooWide(deployment)).toEqual([]);
});

test("the health check that the platform asks is a route that needs no key", async () => {
  const host = z
    .object({
      extensions: z.looseObject({ http: z.looseObject({ routePrefix: z.string() }).optional() }).optional(),
    })
    .parse(JSON.parse(await readFile("host.json", "utf8")));
  const prefix = host.extensions?.http?.routePrefix ?? "api";
  const routes = registrations
    .map(triggerOf)
    .filter(({ type, option }) => type === "httpTrigger" && option("authLevel") === "anonymous")
    .map(({ option }) => `/${prefix}/${option("route")}`);
  for (const { resource } of appsOf(deployment))
    expect(routes).toContain(read(resource, "properties", "siteConfig", "healthCheckPath"));
});

test("every instance has settings of its own, and the app runs in one worker", () => {
  const apps = appsOf(deployment);
  const ids = apps.map(({ settings }) => settings["INSTANCE_ID"]);
  expect(new Set(ids).size).toBe(apps.length);
  for (const { settings, identity, resource } of apps) {
    expect(settings["FUNCTIONS_WORKER_PROCESS_COUNT"]).toBe("1");
    expect(read(resource, "properties", "siteConfig", "numberOfWorkers")).toBe(1);
    expect(settings["AZURE_CLIENT_ID"]).toContain(identity);
  }
});
