import { systemClock } from "../../shared/kernel/clock.ts";
import { Endpoints, type EndpointsParts } from "../../shared/routing/endpoint/endpoints.ts";
import { resolveHost } from "../../shared/routing/endpoint/resolve.ts";
import type { CarriedBranch } from "../../shared/routing/carrier.ts";
import type { Call, Outcome, RouterEntry } from "../../shared/routing/endpoint/ports.ts";
import { localRun } from "../../shared/routing/outbound-policy.ts";

/** What endpoints asked of the rest of the system. */
export interface Asked {
  entities: Parameters<EndpointsParts["sendToEntity"]>[];
  mailboxes: Parameters<EndpointsParts["sendToMailbox"]>[0][];
  submitted: RouterEntry[];
  circuits: [endpoint: string, isOpen: boolean][];
}

/** Endpoints as a process calls them, over real connections; what they ask of queues, mailboxes and the router is kept for the test. */
export function endpointsWith(parts: Partial<EndpointsParts> = {}): { endpoints: Endpoints; asked: Asked } {
  const asked: Asked = { entities: [], mailboxes: [], submitted: [], circuits: [] };
  const endpoints = new Endpoints({
    policy: localRun,
    resolve: resolveHost,
    getToken: async (resource) => `token for ${resource}`,
    tokenResources: [],
    readSecret: () => undefined,
    sendToEntity: async (...sent) => void asked.entities.push(sent),
    sendToMailbox: async (sending) => void asked.mailboxes.push(sending),
    submitToRouter: async (entry) => void asked.submitted.push(entry),
    requestThroughRouter: async () => ({
      status: 200,
      headers: {},
      body: Buffer.from("answered"),
      contentType: "text/plain",
      isFault: false,
    }),
    clock: systemClock,
    onCircuit: (endpoint, isOpen) => void asked.circuits.push([endpoint, isOpen]),
    ...parts,
  });
  return { endpoints, asked };
}

/** One try of a branch. */
export function callOf({ message, branch, version }: CarriedBranch, withinMs = 5_000): Call {
  return { message, branch, version, withinMs };
}

/** Why no target took the message; empty when one did. */
export function errorsOf({ attempts }: Outcome): string[] {
  return attempts.flatMap(({ error }) => error ?? []);
}
