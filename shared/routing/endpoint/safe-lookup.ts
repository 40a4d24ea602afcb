import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { whyRefused, whyRefusedIp, type OutboundPolicy } from "../outbound-policy.ts";
import { EndpointFailure } from "./failure.ts";

/**
 * A look-up for connections to be made with: it refuses a host of which any address is refused. The address that was judged is the one that
 * is connected to; had the name only been looked up before the call, it could lead elsewhere by then.
 */
export function safeLookup(
  policy: OutboundPolicy,
  resolve: (host: string) => Promise<LookupAddress[]>,
): LookupFunction {
  const judged = async (host: string): Promise<LookupAddress[]> => {
    const addresses = await resolve(host);
    if (isListed(host, policy)) return addresses;
    for (const { address } of addresses) {
      const why = whyRefusedIp(address, policy);
      if (why !== undefined) throw new EndpointFailure("target", `${host} leads to ${why}`);
    }
    return addresses;
  };
  return (host, options, done) => {
    const answer = async (): Promise<void> => {
      try {
        const family = familyOf(options.family);
        const usable = (await judged(host)).filter((one) => family === 0 || one.family === family);
        const [first] = usable;
        if (!first) throw new Error(`${host} has no address`);
        if (options.all === true) done(null, usable);
        else done(null, first.address, first.family);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)), "");
      }
    };
    void answer();
  };
}

function familyOf(family: number | string | undefined): 0 | 4 | 6 {
  if (!family) return 0;
  return family === 6 || family === "IPv6" ? 6 : 4;
}

/** Whether the operator has listed the host by its name: then it may be inside, wherever that is. */
function isListed(host: string, policy: OutboundPolicy): boolean {
  const listOnly = { ...policy, allowPublic: false, allowLoopback: false };
  return whyRefused(new URL(`http://${host}`), listOnly) === undefined;
}
