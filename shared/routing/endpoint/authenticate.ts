import type { Target } from "../routed-message.ts";
import { EndpointFailure } from "./failure.ts";
import type { EndpointPorts } from "./ports.ts";

type AuthenticationPorts = Pick<EndpointPorts, "getToken" | "tokenResources" | "readSecret" | "policy">;

/** The header that proves to a service who calls; none if its target has no authentication. Throws EndpointFailure. */
export async function authenticate(
  ports: AuthenticationPorts,
  { authentication }: Target,
  url: URL,
): Promise<Record<string, string>> {
  if (!authentication) return {};
  if (url.protocol !== "https:" && !ports.policy.allowLoopback)
    throw new EndpointFailure("target", "a credential is sent over https only");
  if (authentication.type === "secret-setting") {
    const { setting, header } = authentication;
    const secret = ports.readSecret(setting);
    if (!secret)
      throw new EndpointFailure("moment", `the app setting ${setting} is missing, which holds its secret`);
    return { [header.toLowerCase()]: secret };
  }
  const { resource } = authentication;
  if (!ports.tokenResources.includes(resource))
    throw new EndpointFailure("target", `ROUTER_TOKEN_RESOURCES does not allow tokens for ${resource}`);
  return { authorization: `Bearer ${await ports.getToken(resource)}` };
}
