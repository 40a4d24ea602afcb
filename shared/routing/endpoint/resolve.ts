import { lookup } from "node:dns/promises";
import type { EndpointPorts } from "./ports.ts";

/** Looks a host up as the operating system does. */
export const resolveHost: EndpointPorts["resolve"] = (host) => lookup(host, { all: true });
