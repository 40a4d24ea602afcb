import { z } from "zod";

/** What the process beside the bench tells when it is ready. */
export const servicesSchema = z.object({ serviceBus: z.string(), tables: z.string() });
export type CounterServices = z.infer<typeof servicesSchema>;

/** Operations on the broker since it was last asked. */
export const countSchema = z.object({ operations: z.number() });
