import { pathOf } from "../address.ts";
import { BrokerError } from "../broker-error.ts";
import type { Clock } from "../clock.ts";
import { type AccessKey, verifyToken } from "../sas.ts";
import type { Grants } from "./grants.ts";
import { shown } from "./value.ts";
import type { Reply, Request } from "./request.ts";

const sasTokenTypes = new Set(["servicebus.windows.net:sastoken", "amqp:sastoken"]);

/** Answers a request on `$cbs`: a client puts the token that later attaches are checked against. */
export function putToken(request: Request, grants: Grants, access: AccessKey, clock: Clock): Reply {
  const { properties, body } = request;
  const operation = properties.get("operation");
  if (operation !== "put-token") {
    throw new BrokerError(
      "amqp:not-implemented",
      `The operation '${shown(operation)}' is not known at $cbs.`,
    );
  }
  const type = properties.get("type");
  const name = properties.get("name");
  if (typeof type !== "string" || !sasTokenTypes.has(type.toLowerCase())) {
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
  grants.add(name, grant.expiresAt);
  return { status: 202, description: "Accepted" };
}
