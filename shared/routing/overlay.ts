import { z } from "zod";
import type { InputFault } from "../kernel/problem.ts";
import { routingLimits as limits } from "./limits.ts";
import { own, type RoutingTable } from "./table.ts";

const addresses = z
  .record(z.string().max(limits.maxNameLength), z.string().min(1).max(limits.maxAddressLength))
  .refine((all) => Object.keys(all).length <= limits.maxEndpoints, {
    error: `must hold at most ${limits.maxEndpoints} addresses`,
  });

/** The addresses of one environment, so that one logical table is promoted unchanged: `{ "environment": "staging", "endpoints": { "echo": "https://…" } }`. */
export const overlaySchema = z.strictObject({
  environment: z.enum(["development", "staging", "production"]),
  endpoints: addresses.default({}),
  inbound: addresses.default({}),
});

export type Overlay = z.output<typeof overlaySchema>;

/** The table with the addresses of an environment in it. An address for a name that the table has not got is a fault: somebody mistyped it. */
export function applyOverlay(table: RoutingTable, overlay: Overlay): RoutingTable | { faults: InputFault[] } {
  const faults = (["endpoints", "inbound"] as const).flatMap((part) =>
    Object.keys(overlay[part])
      .filter((name) => !own(table[part], name))
      .map((name) => ({
        path: `${part}.${name}`,
        message: `the table '${table.name}' has no such ${part === "inbound" ? "inbound endpoint" : "endpoint"}`,
      })),
  );
  if (faults.length > 0) return { faults };
  return {
    ...table,
    endpoints: withAddresses(table.endpoints, overlay.endpoints),
    inbound: withAddresses(table.inbound, overlay.inbound),
  };
}

function withAddresses<T extends object>(
  parts: Readonly<Record<string, T>>,
  addresses: Readonly<Record<string, string>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(parts).map(([name, value]) => {
      const address = own(addresses, name);
      return [name, address === undefined ? value : { ...value, address }];
    }),
  );
}
