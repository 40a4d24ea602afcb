import type { z } from "zod";

import type { NamespaceConfig } from "../model.ts";
import { checkConfig } from "./check-config.ts";
import { ConfigError, pathText } from "./config-error.ts";
import { emulatorSchema } from "./emulator-schema.ts";
import { parseJsonWithComments } from "./parse-jsonc.ts";
import { toQueue, toRules, toSubscription, toTopic } from "./to-description.ts";

/** A configuration that can be used, and what in the file has no meaning here. */
export interface ReadConfig {
  config: NamespaceConfig;
  warnings: string[];
}

/** Reads the text of a file in the official emulator's Config.json format. Throws ConfigError with every problem found. */
export function readConfig(text: string): ReadConfig {
  return interpretConfig(parseJsonWithComments(text));
}

/** Makes a namespace of a document in the official emulator's format. Throws ConfigError with every problem found. */
export function interpretConfig(document: unknown): ReadConfig {
  const { parsed, warnings } = parseDocument(document);
  const [namespace] = parsed.UserConfig.Namespaces;
  const config: NamespaceConfig = {
    name: namespace.Name,
    queues: (namespace.Queues ?? []).map(toQueue),
    topics: (namespace.Topics ?? []).map((topic) => ({
      ...toTopic(topic),
      subscriptions: (topic.Subscriptions ?? []).map((subscription) => ({
        ...toSubscription(topic.Name, subscription),
        rules: toRules(subscription.Rules),
      })),
    })),
  };
  checkConfig(config);
  return { config, warnings };
}

/** Keys that are not known are told and left out, since the emulator's own tools write more than its schema has. */
function parseDocument(document: unknown): { parsed: z.output<typeof emulatorSchema>; warnings: string[] } {
  const first = emulatorSchema.safeParse(document);
  if (first.success) return { parsed: first.data, warnings: [] };
  const unknown = first.error.issues.filter((issue) => issue.code === "unrecognized_keys");
  if (unknown.length < first.error.issues.length) throw new ConfigError(first.error.issues.map(problemOf));
  const copy: unknown = structuredClone(document);
  for (const { path, keys } of unknown) removeKeys(copy, path, keys);
  const second = emulatorSchema.safeParse(copy);
  if (!second.success) throw new ConfigError(second.error.issues.map(problemOf));
  const warnings = unknown.flatMap(({ path, keys }) =>
    keys.map((key) => `${pathText([...path, key])} is not known and is ignored`),
  );
  return { parsed: second.data, warnings };
}

function problemOf({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${pathText(path)}: ${message}`;
}

function removeKeys(document: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  let holder = document;
  for (const part of path) holder = Reflect.get(Object(holder), part);
  for (const key of keys) Reflect.deleteProperty(Object(holder), key);
}
