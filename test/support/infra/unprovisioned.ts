import type { Deployment } from "../../../infra/check/check-infra.ts";
import { entities, instanceQueueOf, topology } from "../../../shared/bus/topology.ts";
import { tableNames } from "../../../shared/table/connect.ts";
import { appsOf, deployedOf, namesOf, read, rightsOf, type App, type Right } from "./provisioned.ts";
import { triggerOf, type Registration } from "./registrations.ts";

const receiver = "Azure Service Bus Data Receiver";
const sender = "Azure Service Bus Data Sender";
const bus = "Microsoft.ServiceBus/namespaces";

/** What is deployed, read once. */
interface Fleet {
  readonly apps: readonly App[];
  readonly rights: readonly Right[];
  /** By their path in the namespace, and whether they have sessions. */
  readonly receivable: ReadonlyMap<string, boolean>;
}

/** What the functions need, and what the code names beside them, that is not deployed, or that an app may not use. */
export function unprovisioned(deployment: Deployment, registrations: readonly Registration[]): string[] {
  const receivable = ["queues", "topics/subscriptions"]
    .flatMap((kind) => deployedOf(deployment, `${bus}/${kind}`))
    .map((entity): [string, boolean] => [
      pathOf(entity.id.split("/providers/").at(-1) ?? ""),
      read(entity, "properties", "requiresSession") === true,
    ]);
  const fleet: Fleet = {
    apps: appsOf(deployment),
    rights: rightsOf(deployment),
    receivable: new Map(receivable),
  };
  return [
    ...missingTables(deployment),
    ...fleet.apps.flatMap((app) => [
      ...registrations.flatMap((registration) => missingOf(registration, app, fleet)),
      ...missingRights(app, fleet),
    ]),
  ];
}

/** `Microsoft.ServiceBus/namespaces/bus/queues/replies` is `queues/replies`. */
const pathOf = (id: string) => id.split("/").slice(3).join("/");

function missingTables(deployment: Deployment): string[] {
  const made = namesOf(deployment, "Microsoft.Storage/storageAccounts/tableServices/tables");
  return Object.values(tableNames)
    .filter((name) => !made.includes(name))
    .map((name) => `no table ${name}`);
}

/** What one function needs. */
function missingOf(registration: Registration, app: App, fleet: Fleet): string[] {
  const { type, option } = triggerOf(registration);
  if (type !== "serviceBusTrigger") return [];
  const missing: string[] = [];
  const fill = (text = "") =>
    text.replace(
      /%(\w+)%/g,
      (_, name: string) => app.settings[name] ?? (missing.push(`no setting ${name}`), ""),
    );
  const topic = option("topicName");
  const entity =
    topic === undefined
      ? `queues/${fill(option("queueName"))}`
      : `topics/${fill(topic)}/subscriptions/${fill(option("subscriptionName"))}`;
  for (const part of ["fullyQualifiedNamespace", "credential", "clientId"])
    if (!app.settings[`${option("connection")}__${part}`])
      missing.push(`no setting ${option("connection")}__${part}`);
  const sessions = Object.values(registration.bindings).some(
    ({ isSessionsEnabled }) => isSessionsEnabled === true,
  );
  const found = fleet.receivable.get(entity);
  if (found === undefined) missing.push(`no ${entity}`);
  else if (found !== sessions) missing.push(`${entity} ${found ? "with" : "without"} sessions`);
  if (!may(app, receiver, entity, fleet)) missing.push(`may not receive from ${entity}`);
  return missing.map((what) => `${app.name}, ${registration.name}: ${what}`);
}

/** What every app uses whatever starts it: it sends to all that the code names, holds counters, and keeps its state. */
function missingRights(app: App, fleet: Fleet): string[] {
  const queuesOfAll = fleet.apps.map(
    ({ settings }) => `queues/${instanceQueueOf(settings["INSTANCE_ID"] ?? "")}`,
  );
  const named = Object.values(entities).map(
    (name) => `${Object.hasOwn(topology.topics, name) ? "topics" : "queues"}/${name}`,
  );
  const counters = `queues/${entities.counters}`;
  // Counters are sessions without messages.
  const sent = [...named.filter((entity) => entity !== counters), ...queuesOfAll];
  // Received through the SDK, and not by a trigger: counters are held, and what no rule matched is replayed.
  const received = [counters, `queues/${entities.routerUnmatched}`];
  const own = fleet.rights.filter(({ who }) => who === app.identity);
  return [
    ...sent.filter((entity) => !may(app, sender, entity, fleet)).map((entity) => `may not send to ${entity}`),
    ...received
      .filter((entity) => !may(app, receiver, entity, fleet))
      .map((entity) => `may not receive from ${entity}`),
    ...rolesFor(app)
      .filter(({ role, on }) => !own.some((right) => right.role === role && right.on.endsWith(on)))
      .map(({ role, on }) => `is no ${role} on ${on}`),
  ].map((what) => `${app.name}: ${what}`);
}

/** The roles that the app settings ask for: they say where state, leases, telemetry and the secret are. */
function rolesFor({ settings }: App): { role: string; on: string }[] {
  const host = (url: string | undefined) => /^https:\/\/(?<name>[^./]+)\./.exec(url ?? "")?.groups?.["name"];
  const insights = /‹(?<name>.*?)\./.exec(settings["APPLICATIONINSIGHTS_CONNECTION_STRING"] ?? "")?.groups?.[
    "name"
  ];
  const secret = /secrets\/(?<name>[^)]*)\)/.exec(settings["SESSION_TOKEN_SECRET"] ?? "")?.groups?.["name"];
  return [
    { role: "Storage Table Data Contributor", on: `/storageAccounts/${host(settings["Tables__endpoint"])}` },
    {
      role: "Storage Blob Data Owner",
      on: `/storageAccounts/${host(settings["AzureWebJobsStorage__blobServiceUri"])}`,
    },
    { role: "Monitoring Metrics Publisher", on: `/components/${insights}` },
    { role: "Key Vault Secrets User", on: `/secrets/${secret}` },
  ];
}

function may(app: App, role: string, entity: string, { rights }: Fleet): boolean {
  return rights.some(
    (right) => right.who === app.identity && right.role === role && pathOf(right.on) === entity,
  );
}

/** Rights on more than an entity, an account or a secret, and rights on what is another's. */
export function tooWide(deployment: Deployment): string[] {
  const ids = new Map(
    appsOf(deployment).map(({ identity, settings }) => [identity, settings["INSTANCE_ID"] ?? ""]),
  );
  const counters = `queues/${entities.counters}`;
  return rightsOf(deployment).flatMap(({ who, role, on }) => {
    const own = ids.get(who);
    const entity = on.startsWith(`${bus}/`) ? pathOf(on) : "-";
    const others = [...ids.values()].filter((id) => id !== own);
    const foreign = others.some(
      (id) => entity === `queues/${instanceQueueOf(id)}` || entity.endsWith(`/subscriptions/${id}`),
    );
    const fault =
      entity === "" || !on.includes("/")
        ? "all there is"
        : entity === counters && (own === undefined || role !== receiver)
          ? "counters, which apps hold and nobody sends to"
          : own !== undefined && role === receiver && foreign
            ? "what is another's"
            : undefined;
    return fault === undefined ? [] : [`${who} is ${role} on ${fault}: ${on}`];
  });
}
