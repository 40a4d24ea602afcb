import { z } from "zod";

/**
 * One property's type. `string`, `int`, `bool` and `any`; `'a' | 'b'` are the texts that are allowed, and with `| string` others too; anything else is
 * the name of an object type of the same provider; `[]` behind it makes a list of it.
 */
const property = z.union([
  z.string(),
  z.strictObject({
    type: z.string(),
    minLength: z.int().optional(),
    maxLength: z.int().optional(),
    minValue: z.int().optional(),
    maxValue: z.int().optional(),
    pattern: z.string().optional(),
  }),
]);

/** By name; `name!` is required, and `-name` is read-only. */
const properties = z.record(z.string(), property);

const objectType = z.strictObject({
  properties,
  /** The type of all properties that have no name of their own here. */
  others: z.string().optional(),
  /** The property by whose value one of the variants applies, beside the properties above. */
  discriminator: z.string().optional(),
  variants: z.array(z.strictObject({ properties, others: z.string().optional() })).optional(),
});

/** The shape of a file of resource schemas. */
export const snapshotSchema = z.strictObject({
  source: z.string(),
  /** By resource type. */
  resources: z.record(
    z.string(),
    z.strictObject({
      apiVersions: z.array(z.string()).min(1),
      /** Where it can be deployed: ResourceGroup, Subscription, …, or Extension: on any other resource. */
      scopes: z.array(z.string()).min(1),
      body: objectType,
    }),
  ),
  /** Object types by provider and name. */
  types: z.record(z.string(), z.record(z.string(), objectType)),
  /** What newer versions of resource types of another snapshot have beside what is said there. */
  amendments: z
    .record(z.string(), z.strictObject({ apiVersions: z.array(z.string()), properties }))
    .optional(),
});

export type PropertyNotation = z.infer<typeof property>;
export type ObjectNotation = z.infer<typeof objectType>;
export type Snapshot = z.infer<typeof snapshotSchema>;
