/**
 * The system properties of a message as SQL names them after `sys.`. An action may write those that a sender may set;
 * the others belong to the broker.
 */
const systemProperties = {
  ContentType: { type: "string", writable: true },
  CorrelationId: { type: "string", writable: true },
  DeadLetterSource: { type: "string", writable: false },
  DeliveryCount: { type: "integer", writable: false },
  EnqueuedSequenceNumber: { type: "integer", writable: false },
  EnqueuedTimeUtc: { type: "date", writable: false },
  ExpiresAtUtc: { type: "date", writable: false },
  Label: { type: "string", writable: true },
  LockedUntilUtc: { type: "date", writable: false },
  MessageId: { type: "string", writable: true },
  PartitionKey: { type: "string", writable: true },
  ReplyTo: { type: "string", writable: true },
  ReplyToSessionId: { type: "string", writable: true },
  ScheduledEnqueueTimeUtc: { type: "date", writable: true },
  SequenceNumber: { type: "integer", writable: false },
  SessionId: { type: "string", writable: true },
  Size: { type: "integer", writable: false },
  TimeToLive: { type: "integer", writable: true },
  To: { type: "string", writable: true },
} as const satisfies Record<string, SystemPropertyFacts>;

interface SystemPropertyFacts {
  type: "string" | "integer" | "date";
  writable: boolean;
}

export interface SystemProperty extends SystemPropertyFacts {
  /** The name in its proper case. */
  name: string;
}

/** Newer clients call the label subject. */
const aliases = { Subject: "Label" } as const;

const byLowerName = new Map<string, SystemProperty>(
  Object.entries(systemProperties).map(([name, facts]) => [name.toLowerCase(), { name, ...facts }]),
);
for (const [alias, name] of Object.entries(aliases)) {
  byLowerName.set(alias.toLowerCase(), { name, ...systemProperties[name] });
}

/** Finds a system property by its name in any case. */
export function systemProperty(name: string): SystemProperty | undefined {
  return byLowerName.get(name.toLowerCase());
}

/** The names an action may write, for error texts. */
export const writableSystemProperties: readonly string[] = Object.entries(systemProperties)
  .filter(([, facts]) => facts.writable)
  .map(([name]) => name);
