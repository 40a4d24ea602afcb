import { z } from "zod";
import { routingLimits as limits } from "./limits.ts";

/** Names inside a table: keys of its parts. They become parts of URLs, log lines and row keys. */
const name = z
  .string()
  .max(limits.maxNameLength)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, {
    error: "must start with a letter or digit and hold letters, digits, '.', '_', ':' and '-' only",
  });

/** The name of a table. */
export const tableNameSchema = name;

const exchange = z.enum(["one-way", "request-reply", "duplex"]);
const address = z.string().min(1).max(limits.maxAddressLength);
const expression = z.string().min(1).max(limits.maxExpressionLength);
const names = z.array(name).min(1).max(limits.maxListed);
const operands = z.array(name).min(1).max(limits.maxOperands);
const pattern = z.record(z.string().min(1), z.unknown());
const namespaces = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9._-]*$/, { error: "must be an XML namespace prefix" }),
    z.string().min(1).max(limits.maxNamespaceLength),
  )
  .refine((all) => Object.keys(all).length <= limits.maxNamespaces, {
    error: `must hold at most ${limits.maxNamespaces} prefixes`,
  });

/** A part of the table whose keys are names, with a bound. */
const part = <T extends z.ZodType>(of: T, most: number) =>
  z
    .record(name, of)
    .refine((all) => Object.keys(all).length <= most, { error: `must hold at most ${most} names` });

const inboundSchema = z.strictObject({ exchange, address: address.optional() });

const authenticationSchema = z.discriminatedUnion("type", [
  /** A token of the app's managed identity for this resource, one of those that the operator allows. */
  z.strictObject({ type: z.literal("managed-identity"), resource: z.string().min(1).max(512) }),
  /** The value of an app setting, sent as this header. The table never holds the secret itself. */
  z.strictObject({
    type: z.literal("secret-setting"),
    setting: z.string().regex(/^ROUTER_SECRET_[A-Za-z0-9_]{1,100}$/, {
      error: "must be the name of an app setting that begins with ROUTER_SECRET_: no other may leave the app",
    }),
    header: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, { error: "must be the name of a header" })
      .default("authorization"),
  }),
]);

export const endpointSchema = z.strictObject({
  address,
  exchange,
  timeoutMs: z.int().min(limits.minTimeoutMs).max(limits.maxTimeoutMs).default(limits.defaultTimeoutMs),
  soapVersion: z.enum(["1.1", "1.2"]).optional(),
  authentication: authenticationSchema.optional(),
});

const filterSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("MatchAll") }),
  z.strictObject({
    type: z.literal("Action"),
    actions: z.array(z.string().min(1).max(limits.maxMatcherLength)).min(1).max(limits.maxActions),
  }),
  z.strictObject({ type: z.literal("EndpointAddress"), address }),
  z.strictObject({ type: z.literal("PrefixEndpointAddress"), address }),
  z.strictObject({ type: z.literal("EndpointName"), name }),
  z.strictObject({ type: z.literal("XPath"), expression, namespaces: namespaces.optional() }),
  z.strictObject({ type: z.literal("And"), filters: operands }),
  z.strictObject({ type: z.literal("Or"), filters: operands }),
  z.strictObject({ type: z.literal("Not"), filter: name }),
  z.strictObject({
    type: z.literal("Custom"),
    name,
    data: z.string().max(limits.maxExpressionLength).optional(),
  }),
  /** An event pattern on the JSON body. */
  z.strictObject({ type: z.literal("Fields"), pattern }),
  /** An event pattern on HTTP headers or application properties; names without regard to case. */
  z.strictObject({ type: z.literal("Headers"), pattern }),
  /** Dialects of the CloudEvents Subscriptions API; all of them must match. */
  z.strictObject({
    type: z.literal("CloudEvents"),
    filters: z.array(z.unknown()).min(1).max(limits.maxDialects),
  }),
  z.strictObject({ type: z.literal("Cel"), expression }),
]);

const choiceSchema = z.discriminatedUnion("policy", [
  z.strictObject({ policy: z.literal("round-robin"), endpoints: names }),
  z.strictObject({
    policy: z.literal("weighted"),
    endpoints: z
      .record(name, z.int().min(1).max(limits.maxWeight))
      .refine((all) => Object.keys(all).length >= 1 && Object.keys(all).length <= limits.maxListed, {
        error: `must name 1 to ${limits.maxListed} endpoints`,
      }),
  }),
]);

const entrySchema = z.strictObject({
  filter: name,
  /** An endpoint, or a choice between endpoints. */
  endpoint: name,
  priority: z.int().min(-limits.maxPriority).max(limits.maxPriority).default(0),
  backupList: name.optional(),
  /** Whether a SOAP fault counts as a failure, for which the backup list is there. */
  backupOnFault: z.boolean().default(false),
});

/** A routing table as it is written down. Names are keys, so they are unique by form. */
export const tableSchema = z.strictObject({
  name,
  routeOnHeadersOnly: z.boolean().default(false),
  soapProcessingEnabled: z.boolean().default(true),
  namespaces: namespaces.default({}),
  inbound: part(inboundSchema, limits.maxInbound),
  endpoints: part(endpointSchema, limits.maxEndpoints),
  choices: part(choiceSchema, limits.maxChoices).default({}),
  filters: part(filterSchema, limits.maxFilters),
  backupLists: part(names, limits.maxBackupLists).default({}),
  entries: z.array(entrySchema).max(limits.maxEntries),
});

export type RoutingTable = z.output<typeof tableSchema>;
export type Exchange = z.output<typeof exchange>;
export type Endpoint = z.output<typeof endpointSchema>;
export type Filter = z.output<typeof filterSchema>;
export type Choice = z.output<typeof choiceSchema>;
export type Entry = z.output<typeof entrySchema>;
export type FilterOf<T extends Filter["type"]> = Extract<Filter, { type: T }>;

/** The endpoints that an entry may send to in the first place: one, or those of its choice. */
export function endpointsOf(table: RoutingTable, entry: Pick<Entry, "endpoint">): readonly string[] {
  const choice = own(table.choices, entry.endpoint);
  if (!choice) return [entry.endpoint];
  return choice.policy === "weighted" ? Object.keys(choice.endpoints) : choice.endpoints;
}

/** The value under a name that somebody else chose: `constructor` is a name like any other. */
export function own<T>(part: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(part, name) ? part[name] : undefined;
}
