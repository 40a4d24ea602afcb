import { parseAddress, pathOf } from "../address.ts";
import { BrokerError } from "../broker-error.ts";
import type { Clock } from "../clock.ts";
import { type AccessKey, verifyToken } from "../sas.ts";
import type { Namespace } from "../store/namespace.ts";
import { assertExists } from "./existing.ts";
import type { Grants } from "./grants.ts";
import { shown } from "./value.ts";
import type { Reply, Request } from "./request.ts";

/** The last is for tokens of an identity provider, but Python sends its signatures under it too: the token itself decides. */
const tokenTypes = new Set(["servicebus.windows.net:sastoken", "amqp:sastoken", "jwt"]);

/** What putting a token works with. */
export interface TokenContext {
  readonly namespace: Namespace;
  readonly grants: Grants;
  readonly access: AccessKey;
  readonly clock: Clock;
}

/** Answers a request on `$cbs`: a client puts the token that later attaches are checked against. */
export function putToken({ properties, body }: Request, context: TokenContext): Reply {
  const { namespace, grants, access, clock } = context;
  const operation = properties.get("operation");
  if (operation !== "put-token") {
    throw new BrokerError(
      "amqp:not-implemented",
      `The operation '${shown(operation)}' is not known at $cbs.`,
    );
  }
  const type = properties.get("type");
  const name = properties.get("name");
  if (typeof type !== "string" || !tokenTypes.has(type.toLowerCase())) {
    throw new BrokerError(
      "amqp:unauthorized-access",
      `Tokens of type '${shown(type)}' are not supported: use a shared access signature.`,
    );
  }
  if (typeof name !== "string" || typeof body !== "string") {
    throw new BrokerError("amqp:unauthorized-access", "A put-token request needs a name and a token.");
  }
  const grant = verifyToken(body, access, clock.now());
  const [resource, allowed] = [pathOf(name).toLowerCase(), pathOf(grant.audience).toLowerCase()];
  if (allowed !== "" && resource !== allowed && !resource.startsWith(`${allowed}/`)) {
    throw new BrokerError(
      "amqp:unauthorized-access",
      `The token is for '${grant.audience}', not for '${name}'.`,
    );
  }
  // Clients learn here that an entity is missing, and some from nowhere else.
  if (resource !== "") assertThere(name, namespace);
  grants.add(name, grant.expiresAt);
  return { status: 202, description: "Accepted" };
}

/** Throws what clients expect when an entity is missing: it names the entity as they did. */
function assertThere(name: string, namespace: Namespace): void {
  try {
    assertExists(parseAddress(name), namespace);
  } catch (error) {
    if (!(error instanceof BrokerError) || error.condition !== "amqp:not-found") throw error;
    throw new BrokerError(error.condition, `The messaging entity '${name}' could not be found.`);
  }
}
