/** An address as the original engine compares it: without its host, query and a slash at the end, and without regard to case. */
export interface ComparedAddress {
  /** Scheme and port, if the address says them. */
  origin: string | undefined;
  path: string;
}

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443", "net.tcp:": "808" };

/** Reads an address, a URL or only its path, for comparison. */
export function toCompared(address: string): ComparedAddress {
  const isUrl = /^[A-Za-z][A-Za-z0-9+.-]*:/.test(address) && URL.canParse(address);
  const base = URL.canParse(address, "http://any") ? new URL(address, "http://any") : undefined;
  const path = unescaped(base?.pathname ?? address)
    .replace(/^\/+|\/+$/g, "")
    .toLowerCase();
  if (!isUrl || !base) return { origin: undefined, path };
  return { origin: `${base.protocol}${base.port || (defaultPorts[base.protocol] ?? "")}`, path };
}

/** Whether a message's address is the one of an EndpointAddress filter. */
export function isSameAddress(address: ComparedAddress, wanted: ComparedAddress): boolean {
  return address.path === wanted.path && isSameOrigin(address, wanted);
}

/** Whether a message's address begins with the one of a PrefixEndpointAddress filter: whole segments are compared. */
export function startsWithAddress(address: ComparedAddress, prefix: ComparedAddress): boolean {
  if (!isSameOrigin(address, prefix)) return false;
  return prefix.path === "" || address.path === prefix.path || address.path.startsWith(`${prefix.path}/`);
}

function isSameOrigin(one: ComparedAddress, other: ComparedAddress): boolean {
  return one.origin === undefined || other.origin === undefined || one.origin === other.origin;
}

function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
