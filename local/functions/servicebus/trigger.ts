import { z } from "zod";
import type { Binding } from "../core/function-metadata.ts";
import type { Connection } from "../settings/connection.ts";
import { SettingsError } from "../settings/settings-error.ts";
import type { Settings } from "../settings/settings.ts";

/** What messages come from. */
export type Entity = { readonly queue: string } | { readonly topic: string; readonly subscription: string };

/** A `serviceBusTrigger` binding, its settings resolved. */
export interface ServiceBusTrigger {
  /** The name of the binding: the name of the function's input. */
  readonly name: string;
  readonly entity: Entity;
  readonly connection: Connection;
  /** Whether a call takes one message or as many as there are. */
  readonly cardinality: "one" | "many";
  readonly sessions: boolean;
  /** Whether bodies reach the function as bytes; else as text. */
  readonly binary: boolean;
  readonly autoComplete: boolean;
}

// Options written as text count too: the real host converts them.
const option = z.union([z.boolean(), z.stringbool()]);
const oneOf = <const Names extends readonly string[]>(names: Names) =>
  z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(names));

const triggerSchema = z.object({
  queueName: z.string().optional(),
  topicName: z.string().optional(),
  subscriptionName: z.string().optional(),
  connection: z.string().optional(),
  cardinality: oneOf(["one", "many"]).default("one"),
  dataType: oneOf(["string", "binary", "stream"]).optional(),
  isSessionsEnabled: option.default(false),
  autoCompleteMessages: option.optional(),
  sdkBinding: option.default(false),
  properties: z.object({ supportsDeferredBinding: option.optional() }).optional(),
});

/** Reads a `serviceBusTrigger` binding. Throws what is wrong with it, or what it asks for that this host cannot do. */
export function readTrigger(binding: Binding, settings: Settings): ServiceBusTrigger {
  const parsed = triggerSchema.safeParse(binding);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SettingsError(
      `Service Bus trigger: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not usable"}.`,
    );
  }
  const options = parsed.data;
  if (options.sdkBinding || options.properties?.supportsDeferredBinding === true) {
    throw new SettingsError(
      "Service Bus trigger: sdkBinding (messages as SDK objects, settled by the function) is not supported by this host. Take it out, or run the app under Core Tools.",
    );
  }
  if (options.dataType === "stream") {
    throw new SettingsError(
      "Service Bus trigger: dataType 'stream' is not supported; use 'binary' or 'string'.",
    );
  }
  return {
    name: binding.name,
    entity: readEntity(options, settings),
    connection: settings.connection(
      options.connection === undefined ? undefined : settings.resolve(options.connection),
    ),
    cardinality: options.cardinality,
    sessions: options.isSessionsEnabled,
    binary: options.dataType === "binary",
    autoComplete: options.autoCompleteMessages ?? settings.hostJson.serviceBus.autoCompleteMessages,
  };
}

function readEntity(options: z.output<typeof triggerSchema>, settings: Settings): Entity {
  const { queueName, topicName, subscriptionName } = options;
  if (given(topicName) && given(subscriptionName)) {
    return { topic: settings.resolve(topicName), subscription: settings.resolve(subscriptionName) };
  }
  if (given(queueName)) return { queue: settings.resolve(queueName) };
  throw new SettingsError(
    "Invalid ServiceBus trigger configuration: give queueName, or topicName and subscriptionName.",
  );
}

function given(name: string | undefined): name is string {
  return name !== undefined && name !== "";
}

/** The path of an entity, for people. */
export function pathOf(entity: Entity): string {
  return "queue" in entity ? entity.queue : `${entity.topic}/Subscriptions/${entity.subscription}`;
}
