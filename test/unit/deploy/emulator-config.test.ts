import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { emulatorConfig, emulatorConfigFile } from "../../../infra/emulator/config.ts";
import { defaultInstances } from "../../../local/fleet/instance-list.ts";
import { topology } from "../../../shared/bus/topology.ts";

const named = z.array(z.object({ Name: z.string() }));
const namespaceSchema = z.object({ Queues: named, Topics: named });
const configSchema = z.object({ UserConfig: z.object({ Namespaces: z.tuple([namespaceSchema]) }) });

const namesOf = (entities: z.infer<typeof named>) => entities.map(({ Name }) => Name).toSorted();

describe("the configuration of the official emulator", () => {
  test("is what the topology gives for the fleet of npm start: npm run infra:emulator makes it anew", async () => {
    expect(await readFile(emulatorConfigFile, "utf8")).toBe(await emulatorConfig(defaultInstances));
  });

  test("has every queue and topic of the topology, and the queue of each instance", async () => {
    const { UserConfig } = configSchema.parse(JSON.parse(await emulatorConfig("web-0,api-0")));
    const [{ Queues, Topics }] = UserConfig.Namespaces;
    expect(namesOf(Queues)).toEqual(
      [...Object.keys(topology.queues), "instance-web-0", "instance-api-0"].toSorted(),
    );
    expect(namesOf(Topics)).toEqual(Object.keys(topology.topics).toSorted());
  });

  test("is of the fleet that the Bicep deploys unless it is told otherwise", async () => {
    const instances = z
      .array(z.object({ id: z.string() }))
      .parse(JSON.parse(await readFile("infra/instances.json", "utf8")));
    expect(instances.map(({ id }) => id).join()).toBe(defaultInstances);
  });
});
