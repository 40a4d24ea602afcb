import { z } from "zod";

/** On `control`: there is a command of this revision. What it says stands in the desired state, which every heartbeat looks at anyway. */
export const routingLookSchema = z.strictObject({
  type: z.literal("routing-look"),
  /** The instance that took the command. */
  from: z.string(),
  revision: z.int().min(1),
});

export type RoutingLook = z.output<typeof routingLookSchema>;
