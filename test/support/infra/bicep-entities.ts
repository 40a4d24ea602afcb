import type { Deployment } from "../../../infra/check/check-infra.ts";
import type { Deployed } from "../../../infra/check/evaluate/deployed.ts";
import { deployedOf, read } from "./provisioned.ts";

const bus = "Microsoft.ServiceBus/namespaces";

/** The entities that the templates deploy, in the format that the emulator and the local broker read. */
export function bicepEntities(deployment: Deployment): unknown {
  const subscriptions = deployedOf(deployment, `${bus}/topics/subscriptions`);
  const rules = deployedOf(deployment, `${bus}/topics/subscriptions/rules`);
  const topics = deployedOf(deployment, `${bus}/topics`).map((topic) => ({
    ...toEntity(topic),
    Subscriptions: childrenOf(topic, subscriptions).map((subscription) => {
      const own = childrenOf(subscription, rules).map(toRule);
      return { ...toEntity(subscription), ...(own.length > 0 ? { Rules: own } : {}) };
    }),
  }));
  const queues = deployedOf(deployment, `${bus}/queues`).map(toEntity);
  return {
    UserConfig: {
      Namespaces: [{ Name: "sbemulatorns", Queues: queues, Topics: topics }],
      Logging: { Type: "Console" },
    },
  };
}

const childrenOf = (parent: Deployed, all: readonly Deployed[]) =>
  all.filter(({ id }) => id.slice(0, id.lastIndexOf("/", id.lastIndexOf("/") - 1)) === parent.id);

const capitalised = (name: string) => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;

function toEntity(resource: Deployed) {
  const properties = Object.entries(Object(read(resource, "properties")));
  return {
    Name: resource.name.split("/").at(-1) ?? "",
    Properties: Object.fromEntries(properties.map(([name, value]) => [capitalised(name), value])),
  };
}

/** Resource Manager and the emulator call the kinds of filters differently. */
function toRule(rule: Deployed) {
  return {
    Name: rule.name.split("/").at(-1) ?? "",
    Properties: {
      FilterType: String(read(rule, "properties", "filterType")).replace(/Filter$/, ""),
      CorrelationFilter: { Properties: read(rule, "properties", "correlationFilter", "properties") },
    },
  };
}
