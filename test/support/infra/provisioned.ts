import type { Deployment, Outcome } from "../../../infra/check/check-infra.ts";
import type { Deployed } from "../../../infra/check/evaluate/deployed.ts";
import { propertyOf } from "../../../infra/check/evaluate/deploy-resource.ts";
import { asText, toJson } from "../../../infra/check/evaluate/value.ts";
import { appSettingsOf } from "../../../infra/check/rules/app-settings.ts";
import { roleNames } from "../../../infra/check/rules/roles.ts";

/** The one deployment of an outcome. */
export function onlyDeployment({ deployments }: Outcome): Deployment {
  const [deployment] = deployments;
  if (!deployment || deployments.length > 1) throw new Error(`There are ${deployments.length} deployments`);
  return deployment;
}

/** What is deployed of one type, without what was there before. */
export function deployedOf({ resources }: Deployment, type: string): Deployed[] {
  return resources.filter((resource) => resource.type === type && !resource.existing);
}

/** The names of what is deployed of one type, without the parent's. */
export const namesOf = (deployment: Deployment, type: string): string[] =>
  deployedOf(deployment, type).map(({ name }) => name.split("/").at(-1) ?? name);

/** A property of what is deployed, by its path. */
export function read(resource: Deployed, ...path: string[]): unknown {
  const value = path.reduce<ReturnType<typeof propertyOf>>(
    (current, name) => current && propertyOf(current, name),
    resource.body,
  );
  return value && toJson(value);
}

/** A function app, its settings, and its identity. */
export interface App {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly identity: string;
  readonly resource: Deployed;
}

export function appsOf(deployment: Deployment): App[] {
  return deployedOf(deployment, "Microsoft.Web/sites").map((resource) => {
    const settings = [...appSettingsOf(resource)].map(([name, { text }]): [string, string] => [name, text]);
    const identities = read(resource, "identity", "userAssignedIdentities");
    const [identity = ""] = Object.keys(
      typeof identities === "object" && identities !== null ? identities : {},
    );
    return {
      name: resource.name,
      settings: Object.fromEntries(settings),
      identity: identity.split("/").at(-1) ?? "",
      resource,
    };
  });
}

/** That somebody has a role on something. */
export interface Right {
  /** The identity's name, or the id of somebody from outside. */
  readonly who: string;
  /** The role's name; an id where it has none. */
  readonly role: string;
  /** The id of what it is on, from the provider on: `Microsoft.ServiceBus/namespaces/bus/queues/replies`. */
  readonly on: string;
}

export function rightsOf(deployment: Deployment): Right[] {
  return deployedOf(deployment, "Microsoft.Authorization/roleAssignments").map((assignment) => {
    const properties = propertyOf(assignment.body, "properties");
    const [principal, role] = ["principalId", "roleDefinitionId"].map((name) => {
      const value = properties && propertyOf(properties, name);
      return value ? asText(value).text : "";
    });
    const id = role?.split("/").at(-1) ?? "";
    return {
      who:
        /‹(?<name>.*)\.properties\.principalId›/.exec(principal ?? "")?.groups?.["name"] ?? principal ?? "",
      role: roleNames.get(id) ?? id,
      on:
        (assignment.scopeId ?? assignment.id.split("/providers/Microsoft.Authorization")[0] ?? "")
          .split("/providers/")
          .at(-1) ?? "",
    };
  });
}
