import { readFile } from "node:fs/promises";

import { topologySchema } from "../../../shared/bus/topology.ts";
import { reasonOf } from "../../../shared/kernel/log.ts";
import { ConfigError, pathText } from "./config-error.ts";
import { topologyToConfig, type TopologyInstance } from "./emulator-config.ts";
import { withinOfficialLimits } from "./official-limits.ts";
import { parseJsonWithComments } from "./parse-jsonc.ts";
import { interpretConfig, type ReadConfig } from "./read-config.ts";

/** Reads a file: the official emulator's Config.json, or the topology, which becomes one for a fleet of these instances. */
export async function loadConfig(file: string, instances: readonly TopologyInstance[]): Promise<ReadConfig> {
  const document = await readDocument(file);
  return interpretConfig(
    isEmulatorConfig(document) ? document : topologyToConfig(parseTopology(document), instances),
  );
}

/** The topology in a file as a Config.json that the official emulator takes. */
export async function loadForOfficialEmulator(
  file: string,
  instances: readonly TopologyInstance[],
): Promise<string> {
  const document = await readDocument(file);
  if (isEmulatorConfig(document))
    throw new ConfigError([`${file} is in the official emulator's format already`]);
  return JSON.stringify(withinOfficialLimits(topologyToConfig(parseTopology(document), instances)), null, 2);
}

async function readDocument(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError([`the file cannot be read: ${reasonOf(error)}`]);
  }
  return parseJsonWithComments(text);
}

/** A document that is neither is told as a topology, or as a Config.json if it looks like one. */
function isEmulatorConfig(document: unknown): boolean {
  return !(
    typeof document === "object" &&
    document !== null &&
    ("queues" in document || "topics" in document)
  );
}

function parseTopology(document: unknown) {
  const parsed = topologySchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`));
}
