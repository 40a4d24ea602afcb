import { randomBytes } from "node:crypto";

import type { InstanceSpec } from "./instance-list.ts";
import type { AddedSettings } from "./settings-file.ts";

/** Where the instances find what they share. */
export interface Connections {
  readonly serviceBus: string;
  readonly serviceBusAdmin: string;
  readonly tables: string;
}

/** Quicker than in Azure, so that a person who looks on need not wait. Anything else that sets them wins. */
const localDefaults: AddedSettings = {
  HEARTBEAT_MS: "1000",
  TICK_MS: "500",
  SESSION_GRACE_MS: "10000",
  /** The services that a routing table names run on this machine, too. */
  ROUTER_OUTBOUND: "local",
  /** One for all instances of a supervisor's life: tokens of an earlier one end with it. */
  SESSION_TOKEN_SECRET: randomBytes(32).toString("hex"),
};

export interface InstanceSurroundings {
  readonly url: string;
  readonly connections: Connections;
  /** What local.settings.json has values for: the host reads them itself, but the environment would win over them. */
  readonly localSettings: Iterable<string>;
  /** Settings for all instances, then for this one; the later wins. */
  readonly settings: readonly AddedSettings[];
}

/** The environment of an instance's host, and so the settings of its app. */
export function instanceEnvironment(
  spec: InstanceSpec,
  around: InstanceSurroundings,
  inherited: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const defaults: Record<string, string> = { ...localDefaults };
  for (const name of around.localSettings) delete defaults[name];
  return Object.assign(
    defaults,
    inherited,
    {
      INSTANCE_ID: spec.id,
      ROLE_NAME: spec.role,
      INSTANCE_URL: around.url,
      ServiceBus: around.connections.serviceBus,
      Tables: around.connections.tables,
    },
    ...around.settings,
  );
}
