import { pathOf } from "../address.ts";
import { BrokerError } from "../broker-error.ts";
import { type AccessKey, verifyToken } from "../sas.ts";

/**
 * Checks the Authorization header of a request. Which host the token names does not matter, since clients write the one they
 * dial; the path must be that of the request or lie above it.
 */
export function authorize(header: string | undefined, path: string, access: AccessKey, now: number): void {
  if (header === undefined) throw refused("The Authorization header is missing.");
  const { audience } = verifyToken(header, access, now);
  const allowed = decoded(pathOf(audience.replace(/\?.*$/s, ""))).toLowerCase();
  const asked = path.toLowerCase();
  if (allowed === "" || asked === allowed || asked.startsWith(`${allowed}/`)) return;
  throw refused(`The token is for '${audience}', not for '${path}'.`);
}

/** The path in a token is that of a URL, in which clients may have encoded what needs none, such as $. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not encoded, then; the comparison decides.
    return path;
  }
}

function refused(description: string): BrokerError {
  return new BrokerError("amqp:unauthorized-access", description);
}
