import { z } from "zod";
import { topology, type Topology } from "../../bus/topology.ts";
import { ConfigError, type RouterConfig } from "../../kernel/config.ts";
import { reasonOf } from "../../kernel/log.ts";
import { parseJson } from "../../kernel/parse.ts";
import type { CustomFilter } from "../compile-filter.ts";
import { localRun, publicHostsOnly, type OutboundPolicy } from "../outbound-policy.ts";
import { overlaySchema, type Overlay } from "../overlay.ts";
import type { ReadRules } from "../read-table.ts";

/** What a table of this name is held to on this instance. */
export type RulesFor = (table: string) => ReadRules;

export interface RuleOptions {
  customFilters: ReadonlyMap<string, CustomFilter>;
  now: () => number;
}

/** Makes the rules out of the settings. Throws ConfigError when ROUTER_OVERLAY is not what it should be. */
export function makeReadRules(config: RouterConfig, { customFilters, now }: RuleOptions): RulesFor {
  const overlays = readOverlays(config.overlay);
  const reservedEntities = new OwnEntities(topology);
  const tokenResources = new Set(config.tokenResources);
  const outbound = outboundPolicyOf(config);
  return (table) => {
    const overlay = overlays.get(table);
    return {
      outbound,
      reservedEntities,
      tokenResources,
      customFilters,
      now,
      ...(overlay ? { overlay } : {}),
    };
  };
}

/** Where the settings allow the router to call. */
export function outboundPolicyOf({ outbound, allowedHosts: allowed }: RouterConfig): OutboundPolicy {
  switch (outbound) {
    case "local":
      return { ...localRun, allowed };
    case "listed":
      return { ...publicHostsOnly, name: "listed hosts only", allowed, allowPublic: false };
    default:
      return { ...publicHostsOnly, allowed };
  }
}

const overlaysSchema = z.record(z.string(), overlaySchema);

function readOverlays(text: string | undefined): ReadonlyMap<string, Overlay> {
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(parseJson(overlaysSchema, text, "setting ROUTER_OVERLAY")));
  } catch (error) {
    throw new ConfigError(`${reasonOf(error)}. Set it to an overlay for each table, by the table's name`);
  }
}

/** The fleet's own queues and topics, in lower case; those of single instances are known by how their names begin. */
class OwnEntities extends Set<string> {
  readonly #prefixes: readonly string[];

  constructor({ queues, topics, perInstanceQueues }: Topology) {
    super([...Object.keys(queues), ...Object.keys(topics)].map((name) => name.toLowerCase()));
    this.#prefixes = Object.keys(perInstanceQueues).map((name) =>
      name.toLowerCase().replace(/\{instance\}.*$/, ""),
    );
  }

  override has(name: string): boolean {
    return super.has(name) || this.#prefixes.some((prefix) => name.startsWith(prefix));
  }
}
