import { BlockList, isIP } from "node:net";

/** Where the router may send over HTTP. A table comes from outside: without this it could make an instance call the platform's own services. */
export interface OutboundPolicy {
  name: string;
  /** Hosts that are allowed whatever they are: `api.example.com`, `*.example.com`, or addresses as `10.1.2.0/24`. */
  allowed: readonly string[];
  /** Whether hosts outside `allowed` may be called if their addresses are public. */
  allowPublic: boolean;
  /** Whether this machine may be called, as local runs need. */
  allowLoopback: boolean;
}

/** In Azure: any public host, nothing inside. */
export const publicHostsOnly: OutboundPolicy = {
  name: "public hosts only",
  allowed: [],
  allowPublic: true,
  allowLoopback: false,
};

/** On a laptop: the services are on the same machine. */
export const localRun: OutboundPolicy = { ...publicHostsOnly, name: "local run", allowLoopback: true };

const loopback = blockListOf(["127.0.0.0/8", "::1/128"]);

/** Addresses that are not public: private, shared, link-local (where clouds keep their metadata), multicast, reserved, and ways to write IPv4 in IPv6. */
const internal = blockListOf([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  // The platform's own address in Azure, which is public by its number.
  "168.63.129.16/32",
  "::/128",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/32",
  "2001:db8::/32",
  "2002::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
]);

/** Names that lead inside without being addresses. */
const internalNames = /^(?:localhost|.*\.localhost)$|\.(?:internal|local|localdomain|home\.arpa)$|^[^.]+$/;

/**
 * Why a URL may not be called, or undefined if it may. A name is judged as a name here: what it resolves to is judged by
 * `whyRefusedIp` when the connection is made, or a name could lead inside all the same.
 */
export function whyRefused(url: URL, policy: OutboundPolicy): string | undefined {
  const host = url.hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
  if (isIP(host)) return whyRefusedIp(host, policy);
  if (policy.allowed.some((allowed) => matchesName(host, allowed))) return undefined;
  if (policy.allowLoopback && (host === "localhost" || host.endsWith(".localhost"))) return undefined;
  if (internalNames.test(host)) return refusal(host, "is a name inside a network", policy);
  return policy.allowPublic ? undefined : refusal(host, "is not on the list of allowed hosts", policy);
}

/** Why an address may not be connected to, or undefined if it may. */
export function whyRefusedIp(ip: string, policy: OutboundPolicy): string | undefined {
  const address = unmapped(ip);
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const nets = policy.allowed.filter((allowed) => isIP(allowed.split("/")[0] ?? "") !== 0);
  if (nets.length > 0 && blockListOf(nets).check(address, family)) return undefined;
  if (loopback.check(address, family)) {
    return policy.allowLoopback ? undefined : refusal(ip, "is this machine", policy);
  }
  if (internal.check(address, family)) return refusal(ip, "is an internal address", policy);
  return policy.allowPublic ? undefined : refusal(ip, "is not on the list of allowed hosts", policy);
}

function matchesName(host: string, allowed: string): boolean {
  const name = allowed.toLowerCase();
  return name.startsWith("*.")
    ? host.endsWith(name.slice(1)) && host.length > name.length - 1
    : host === name;
}

function refusal(host: string, why: string, policy: OutboundPolicy): string {
  return `${host} ${why}, which the outbound policy '${policy.name}' refuses`;
}

/** `::ffff:a.b.c.d` is the IPv4 address in it; URL writes it as two groups of hexadecimal digits. */
function unmapped(ip: string): string {
  const parts = /^::(?:ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(ip);
  if (parts) {
    const bits = Number.parseInt(parts[1] ?? "0", 16) * 0x1_00_00 + Number.parseInt(parts[2] ?? "0", 16);
    return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join(".");
  }
  return /^::(?:ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? ip;
}

function blockListOf(nets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [address = "", bits] = net.split("/");
    const isV6 = isIP(address) === 6;
    list.addSubnet(address, bits === undefined ? (isV6 ? 128 : 32) : Number(bits), isV6 ? "ipv6" : "ipv4");
  }
  return list;
}
