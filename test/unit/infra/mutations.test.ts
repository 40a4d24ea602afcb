import { beforeAll, describe, expect, test } from "vitest";
import type { Deployed } from "../../../infra/check/evaluate/deployed.ts";
import { propertyOf } from "../../../infra/check/evaluate/deploy-resource.ts";
import { listValue, type Entry, type Value } from "../../../infra/check/evaluate/value.ts";
import { Findings, formatFinding } from "../../../infra/check/finding.ts";
import { checkAppSettings } from "../../../infra/check/rules/app-settings.ts";
import { checkReal, type Change } from "../../support/infra/checked.ts";
import { appsOf, onlyDeployment } from "../../support/infra/provisioned.ts";
import { readRegistrations, type Registration } from "../../support/infra/registrations.ts";
import { tooWide, unprovisioned } from "../../support/infra/unprovisioned.ts";

/** A change to the real templates, and what must then be said. */
interface Mutation {
  readonly name: string;
  readonly path: string;
  readonly what: string;
  readonly by: string;
  readonly said: string;
}

const app = "infra/modules/function-app.bicep";
const bus = "infra/modules/service-bus.bicep";
const ownBus = "infra/modules/instance-bus.bicep";
const roles = "infra/modules/bus-roles.bicep";
const appRoles = "infra/modules/app-roles.bicep";
const main = "infra/main.bicep";

const of = (name: string, path: string, what: string, by: string, said: string): Mutation => ({
  name,
  path,
  what,
  by,
  said,
});

/** Those of one group are made together: they are in different places, and what is said of one is not said of another. */
const groups: readonly (readonly Mutation[])[] = [
  [
    of("a misspelt property", app, "linuxFxVersion:", "linuxFxVersoin:", 'did you mean "linuxFxVersion"?'),
    of("a misspelt app setting", app, "ROLE_NAME:", "ROLE_NAMES:", 'ROLE_NAMES: did you mean "ROLE_NAME"?'),
    of("a dropped table", main, "  'Sessions'\n", "", "no table Sessions"),
    of(
      "a dropped right to send",
      main,
      "var sentTopics = [\n  'control'",
      "var sentTopics = [",
      "may not send to topics/control",
    ),
    of(
      "a dropped right to receive",
      main,
      "  'messages'\n  'recycle",
      "  'recycle",
      "may not receive from queues/messages",
    ),
    of(
      "dropped sessions",
      bus,
      "requiresSession: queue.value.requiresSession",
      "requiresSession: false",
      "queues/router-inbox-ordered without sessions",
    ),
    of(
      "a role widened to a vault",
      appRoles,
      "scope: secret\n",
      "scope: vault\n",
      "is no Key Vault Secrets User",
    ),
    of(
      "an output that shows a key",
      bus,
      "= namespace.name",
      "= namespace.listKeys().primaryKey",
      "listKeys gives keys",
    ),
  ],
  [
    of(
      "a misspelt property of a queue",
      bus,
      "requiresSession:",
      "requireSession:",
      'did you mean "requiresSession"?',
    ),
    of(
      "a property of the topology that there is not",
      ownBus,
      "queue.value.lockDuration",
      "queue.value.lockTime",
      'there is no "lockTime"',
    ),
    of(
      "dropped subscriptions",
      ownBus,
      "for topic in items(topology.topics):",
      "for topic in []:",
      "no topics/presence/subscriptions/web-0",
    ),
    of(
      "a role widened to the owner's",
      roles,
      "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
      "090c5cfd-751d-490a-894a-3ce6f1109419",
      "a role that the check does not know: 090c5cfd",
    ),
    of(
      "a role widened to the whole bus",
      roles,
      "scope: receivedQueues[index]",
      "scope: namespace",
      "Azure Service Bus Data Receiver on all there is",
    ),
    of(
      "a role widened to the resource group",
      appRoles,
      "  scope: account\n",
      "",
      "gives its role on the whole resource group",
    ),
  ],
  [
    of(
      "dropped queues",
      bus,
      "for queue in items(topology.queues):",
      "for queue in []:",
      "no queues/recycle-requests",
    ),
    of(
      "the queue of another",
      ownBus,
      "'{instance}', instance.id",
      "'{instance}', 'web-0'",
      "is deployed twice",
    ),
    of("subscriptions of another", roles, "name: subscription.name", "name: 'web-0'", "on what is another's"),
    of(
      "counters that operators may hold",
      main,
      "name != 'counters'",
      "name != 'replies'",
      "counters, which apps hold and nobody sends to",
    ),
  ],
];

describe.each(groups.map((mutations, index) => ({ index, mutations })))("changes $index", ({ mutations }) => {
  let said: string;

  beforeAll(async () => {
    const changes = mutations.map(({ path, what, by }): Change => [path, what, by]);
    const outcome = await checkReal([...changes, someOperator]);
    const deployment = onlyDeployment(outcome);
    said = [
      ...outcome.findings.map(formatFinding),
      ...unprovisioned(deployment, await registrations()),
      ...tooWide(deployment),
    ].join("\n");
  });

  test.each(mutations)("$name is found", (mutation) => {
    expect(said).toContain(mutation.said);
  });
});

test("and without them nothing is said", async () => {
  const outcome = await checkReal([someOperator]);
  const deployment = onlyDeployment(outcome);
  expect(outcome.findings.map(formatFinding)).toEqual([]);
  expect([...unprovisioned(deployment, await registrations()), ...tooWide(deployment)]).toEqual([]);
});

test("any one app setting that is left out is missed", async () => {
  const [resource] = appsOf(onlyDeployment(await checkReal())).map((one) => one.resource);
  const names = settingsOf(resource).flatMap((setting) => nameOf(setting) ?? []);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => findingsWithout(name, resource).length === 0)).toEqual([]);
});

/** Gives somebody the rights of an operator, which nobody has by default. */
const someOperator: Change = [
  "infra/main.bicepparam",
  "using 'main.bicep'\n",
  "using 'main.bicep'\nparam operators = [{ id: '00000000-0000-4000-8000-000000000002', kind: 'Group' }]\n",
];

let registering: Promise<Registration[]> | undefined;

function registrations(): Promise<Registration[]> {
  registering ??= checkReal().then((outcome) =>
    readRegistrations(appsOf(onlyDeployment(outcome))[0]?.settings ?? {}),
  );
  return registering;
}

function settingsOf(resource: Deployed | undefined): readonly Value[] {
  const config =
    resource && propertyOf(propertyOf(resource.body, "properties") ?? resource.body, "siteConfig");
  const settings = config && propertyOf(config, "appSettings");
  return settings?.kind === "list" ? settings.items : [];
}

function nameOf(setting: Value): string | undefined {
  const name = propertyOf(setting, "name");
  return name?.kind === "text" ? name.text : undefined;
}

/** What the check says of an app that has all its settings but one. */
function findingsWithout(name: string, app: Deployed | undefined): readonly unknown[] {
  const kept = listValue(settingsOf(app).filter((setting) => nameOf(setting) !== name));
  const at = { file: "x.bicep", line: 1, column: 1 };
  const object = (key: string, value: Value): Value => ({
    kind: "object",
    at,
    entries: new Map<string, Entry>([[key, { at, value, sure: true }]]),
    open: false,
  });
  const findings = new Findings();
  const body = object("properties", object("siteConfig", object("appSettings", kept)));
  checkAppSettings(app ? [{ ...app, body }] : [], findings);
  return findings.list();
}
