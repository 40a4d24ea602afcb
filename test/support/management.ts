import type { ServiceBusClient, ServiceBusSessionReceiver } from "@azure/service-bus";

/** A request to `$management` as the library itself puts it together. */
export interface ManagementRequest {
  body: unknown;
  reply_to?: string;
  application_properties: Record<string, unknown>;
}

interface SessionRequestOptions {
  /** The link that says it holds the session's lock. */
  associatedLinkName?: string;
  timeoutInMs?: number;
}

/** The library's own client for `$management`: what its public surface checks first, this sends to the broker. */
export interface ManagementClient {
  setSessionState(sessionId: string, state: unknown, options?: SessionRequestOptions): Promise<void>;
  getSessionState(sessionId: string, options?: SessionRequestOptions): Promise<unknown>;
  renewSessionLock(sessionId: string, options?: SessionRequestOptions): Promise<Date>;
  listMessageSessions(skip: number, top: number, lastUpdatedTime?: Date): Promise<string[]>;
  replyTo: string;
  initWithUniqueReplyTo(options?: object): Promise<object>;
  _makeManagementRequest(
    request: ManagementRequest,
    logger: object,
    options: object,
  ): Promise<{ body: unknown }>;
}

interface WithConnectionContext {
  _connectionContext: { getManagementClient(entityPath: string): ManagementClient };
}
interface WithMessageSession {
  _messageSession: { name: string };
}

const silent = { verbose: () => {}, info: () => {}, warning: () => {}, logError: () => {} };

/** The management client that a client of the library uses for an entity, on the same connection. */
export function managementOf(client: ServiceBusClient, entityPath: string): ManagementClient {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library hides what these tests are about
  return (client as unknown as WithConnectionContext)._connectionContext.getManagementClient(entityPath);
}

/** The name of the link that holds a session. */
export function linkOf(session: ServiceBusSessionReceiver): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library hides what these tests are about
  return (session as unknown as WithMessageSession)._messageSession.name;
}

/** Sends a request of the test's own making to `$management` of an entity, and gives the reply's body. */
export async function request(
  client: ServiceBusClient,
  entityPath: string,
  operation: unknown,
  body: unknown,
): Promise<unknown> {
  const management = managementOf(client, entityPath);
  const options = await management.initWithUniqueReplyTo({ timeoutInMs: 5_000 });
  const properties = operation === undefined ? {} : { operation };
  const message = { body, reply_to: management.replyTo, application_properties: properties };
  const reply = await management._makeManagementRequest(message, silent, options);
  return reply.body;
}
