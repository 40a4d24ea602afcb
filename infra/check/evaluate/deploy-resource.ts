import type { Expression, Resource } from "../syntax/tree.ts";
import { anyType } from "../types/schema-type.ts";
import { groupId, withNames } from "./azure-functions.ts";
import type { Deployed } from "./deployed.ts";
import { evaluate, evaluateLoop } from "./expression.ts";
import type { Scope } from "./scope.ts";
import { asText, textValue, unknownValue, type Value } from "./value.ts";

/** Deploys a resource, or each of a loop, and gives what its name in the file stands for. */
export function deployResource(resource: Resource, scope: Scope, parent?: Deployed): Value {
  return deployBody(resource.body, scope, true, (body, inner, wanted) =>
    deployOne(resource, body, { scope: inner, parent, wanted }),
  );
}

/** Takes the loop and the condition from around a body. What is not wanted is not deployed, but can be spoken of. */
export function deployBody(
  body: Expression,
  scope: Scope,
  wanted: boolean,
  deploy: (body: Expression, scope: Scope, wanted: boolean) => Value,
): Value {
  if (body.kind === "for") {
    mustBeKnownAtStart(evaluate(body.over, scope), body.over.at, "the list of a loop", scope);
    return evaluateLoop(body, scope, (inner, locals) => deployBody(inner, locals, wanted, deploy));
  }
  if (body.kind !== "if") return deploy(body, scope, wanted);
  const condition = evaluate(body.condition, scope);
  mustBeKnownAtStart(condition, body.condition.at, "a condition", scope);
  return deployBody(body.body, scope, wanted && !(condition.kind === "bool" && !condition.value), deploy);
}

/** Ends in what only a deployed resource or module knows. */
const ofDeployed = /\.(?:outputs|properties)\.\w+›?$/;

/** Names, loops and conditions are settled before anything is deployed. A module may take for them what others gave it. */
export function mustBeKnownAtStart(value: Value, at: Expression["at"], what: string, { world }: Scope): void {
  if (world.follow) return;
  const about =
    value.kind === "unknown" ? value.about : value.kind === "text" && !value.exact ? value.text : "";
  const late = about.split(/(?<=›)/).find((part) => ofDeployed.test(part));
  if (late !== undefined)
    world.findings.report(
      at,
      `${what} must be known when the deployment starts, and ${late} is known only after it`,
    );
}

interface Surroundings {
  readonly scope: Scope;
  /** The resource in whose body this one is written. */
  readonly parent: Deployed | undefined;
  readonly wanted: boolean;
}

function deployOne(resource: Resource, body: Expression, { scope, parent, wanted }: Surroundings): Value {
  const value = evaluate(body, scope);
  const above = parent ?? resourceOf(propertyOf(value, "parent"));
  const on = resourceOf(propertyOf(value, "scope"));
  const [written = "", version = ""] = resource.type.split("@");
  const type = parent ? `${parent.type}/${written}` : written;
  const ownName = asText(propertyOf(value, "name") ?? unknownValue("name"));
  mustBeKnownAtStart(textValue(ownName.text, ownName.exact), resource.at, "the name of a resource", scope);
  const name = above ? `${above.name}/${ownName.text}` : ownName.text;
  const deployed: Deployed = {
    at: resource.at,
    symbol: resource.name,
    type,
    apiVersion: version || (parent?.apiVersion ?? ""),
    schema: scope.world.types.find(type),
    name,
    id: `${scopeOf(type, above?.scopeId ?? on?.id)}/providers/${withNames(type, name)}`,
    scopeId: above?.scopeId ?? on?.id,
    existing: resource.existing,
    body: value,
  };
  if (wanted) scope.world.deployed.push(deployed);
  const nested = body.kind === "object" ? body.nested : [];
  const inner = new Map(nested.map((child) => [child.name, deployResource(child, scope, deployed)]));
  return symbolOf(deployed, ownName, inner);
}

/** What the resource's name in the file stands for: some members are known, of the others the type. */
function symbolOf(
  deployed: Deployed,
  ownName: { text: string; exact: boolean },
  nested: ReadonlyMap<string, Value>,
): Value {
  const known: Record<string, Value> = {
    id: textValue(deployed.id, false),
    name: textValue(ownName.text, ownName.exact),
    type: textValue(deployed.type),
    apiVersion: textValue(deployed.apiVersion),
  };
  return {
    kind: "unknown",
    about: deployed.name,
    type: deployed.schema?.body ?? anyType,
    resource: deployed,
    members: (name) => nested.get(name) ?? (Object.hasOwn(known, name) ? known[name] : undefined),
  };
}

function scopeOf(type: string, on: string | undefined): string {
  if (on !== undefined) return on;
  return type === "Microsoft.Resources/resourceGroups" ? "/subscriptions/‹subscription›" : groupId;
}

/** A property of a body that is an object. */
export function propertyOf(body: Value, name: string): Value | undefined {
  return body.kind === "object" ? body.entries.get(name)?.value : undefined;
}

function resourceOf(value: Value | undefined): Deployed | undefined {
  if (value?.kind === "either") return value.options.map(resourceOf).find((one) => one !== undefined);
  return value?.kind === "unknown" ? value.resource : undefined;
}
