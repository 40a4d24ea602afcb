import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import type { Deployment } from "../../../infra/check/check-infra.ts";
import { topologyToNamespace } from "../../../local/servicebus/config/emulator-config.ts";
import { emulatorSchema } from "../../../local/servicebus/config/emulator-schema.ts";
import { interpretConfig } from "../../../local/servicebus/config/read-config.ts";
import type { NamespaceConfig } from "../../../local/servicebus/model.ts";
import { topology } from "../../../shared/bus/topology.ts";
import { checkReal } from "../../support/infra/checked.ts";
import { bicepEntities } from "../../support/infra/bicep-entities.ts";
import { appsOf, onlyDeployment } from "../../support/infra/provisioned.ts";

let deployment: Deployment;
let instances: { id: string; role: string }[];

beforeAll(async () => {
  deployment = onlyDeployment(await checkReal());
  instances = appsOf(deployment).map(({ settings }) => ({
    id: settings["INSTANCE_ID"] ?? "",
    role: settings["ROLE_NAME"] ?? "",
  }));
});

/** In the order of their names, since the order in a file says nothing. */
const sorted = <T extends { name: string }>(all: readonly T[]): T[] =>
  all.toSorted((a, b) => a.name.localeCompare(b.name));

const inOrder = ({ queues, topics }: NamespaceConfig) => ({
  queues: sorted(queues),
  topics: sorted(topics).map((topic) => ({
    ...topic,
    subscriptions: sorted(topic.subscriptions).map((subscription) => ({
      ...subscription,
      rules: sorted(subscription.rules),
    })),
  })),
});

test("Azure gets the same entities, properties and filters as the local broker: those of the topology", () => {
  const inAzure = interpretConfig(bicepEntities(deployment)).config;
  expect(inOrder(inAzure)).toEqual(inOrder(topologyToNamespace(topology, instances)));
});

test("and the official emulator has them too, for as many instances", async () => {
  const emulator = emulatorSchema.parse(JSON.parse(await readFile("infra/emulator/Config.json", "utf8")));
  expect(pathsOf(emulator)).toEqual(pathsOf(emulatorSchema.parse(bicepEntities(deployment))));
});

/** The path of every entity and rule. */
function pathsOf({ UserConfig }: z.output<typeof emulatorSchema>): string[] {
  const [{ Queues, Topics }] = UserConfig.Namespaces;
  const topics = (Topics ?? []).flatMap(({ Name: topic, Subscriptions = [] }) => [
    topic,
    ...(Subscriptions ?? []).flatMap(({ Name: subscription, Rules }) => [
      `${topic}/${subscription}`,
      ...(Rules ?? []).map(({ Name: rule }) => `${topic}/${subscription}/${rule}`),
    ]),
  ]);
  return [...(Queues ?? []).map(({ Name }) => Name), ...topics].sort();
}
