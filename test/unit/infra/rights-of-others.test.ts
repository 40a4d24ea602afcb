import { beforeAll, expect, test } from "vitest";
import { formatFinding } from "../../../infra/check/finding.ts";
import { entities, topology } from "../../../shared/bus/topology.ts";
import { checkReal, checkWith } from "../../support/infra/checked.ts";
import { appsOf, onlyDeployment, rightsOf, type Right } from "../../support/infra/provisioned.ts";
import { readRegistrations, triggerOf } from "../../support/infra/registrations.ts";

const workflow = "00000000-0000-4000-8000-000000000001";
const operator = "00000000-0000-4000-8000-000000000002";
let rights: Right[];
let findings: string[];

beforeAll(async () => {
  const outcome = await checkWith("infra/check/examples/all-options.bicepparam");
  findings = outcome.findings.map(formatFinding);
  rights = rightsOf(onlyDeployment(outcome));
});

/** The queues that somebody has a role on. */
const queuesOf = (who: string, role: string) =>
  rights
    .filter((right) => right.who === who && right.role === role)
    .map(({ on }) => on.split("/").at(-1) ?? "")
    .toSorted();

test("with every option chosen, the templates have no findings either", () => {
  expect(findings).toEqual([]);
});

test("a workflow may send to every queue that takes requests, and read the replies", async () => {
  const [app] = appsOf(onlyDeployment(await checkReal()));
  const registrations = await readRegistrations(app?.settings ?? {});
  // What an instance sends itself and others only goes between them.
  const inner = new Set<string>([entities.routerOutbox, entities.routerOutboxOrdered]);
  const requests = registrations
    .flatMap((registration) => triggerOf(registration).option("queueName") ?? [])
    .filter((name) => !name.includes("%") && !inner.has(name));
  const replies = Object.entries(topology.queues).flatMap(([name, { replyTarget }]) =>
    replyTarget ? [name] : [],
  );
  expect(queuesOf(workflow, "Azure Service Bus Data Sender")).toEqual(requests.toSorted());
  expect(queuesOf(workflow, "Azure Service Bus Data Receiver")).toEqual(replies);
});

test("an operator may read dead letters everywhere but where numbers are held, and what is refused", () => {
  const readable = queuesOf(operator, "Azure Service Bus Data Receiver");
  expect(readable).toContain(entities.rejected);
  expect(readable).toContain(entities.control);
  expect(readable).not.toContain(entities.counters);
});

test("nobody from outside has more than rights on messages", () => {
  const roles = rights.filter(({ who }) => who === workflow || who === operator).map(({ role }) => role);
  expect([...new Set(roles)].toSorted()).toEqual([
    "Azure Service Bus Data Receiver",
    "Azure Service Bus Data Sender",
  ]);
});
