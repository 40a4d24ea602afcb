import type { PropertyChange, PropertyValue } from "../../../local/servicebus/model.ts";
import type { Content } from "../../../local/servicebus/store/message.ts";

interface Fields {
  readonly body?: string;
  readonly messageId?: string;
  readonly sessionId?: string;
  readonly partitionKey?: string;
  readonly subject?: string;
  readonly timeToLiveMs?: number;
  readonly scheduledFor?: number;
  readonly sizeBytes?: number;
  readonly propertiesBytes?: number;
  readonly user?: Readonly<Record<string, PropertyValue>>;
}

let made = 0;

/** Content without a wire format: what the store sees of a message, and a body to know it by. */
export class PlainContent implements Content {
  readonly body: string;
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly partitionKey: string | undefined;
  readonly timeToLiveMs: number;
  readonly scheduledFor: number | undefined;
  readonly sizeBytes: number;
  readonly propertiesBytes: number;
  readonly largestPropertyBytes = 0;
  readonly properties: ReadonlyMap<string, PropertyValue>;
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
    this.body = fields.body ?? "";
    this.messageId = fields.messageId ?? `made-${++made}`;
    this.sessionId = fields.sessionId;
    this.partitionKey = fields.partitionKey;
    this.timeToLiveMs = fields.timeToLiveMs ?? Infinity;
    this.scheduledFor = fields.scheduledFor;
    this.sizeBytes = fields.sizeBytes ?? 100;
    this.propertiesBytes = fields.propertiesBytes ?? 50;
    this.properties = new Map(Object.entries(fields.user ?? {}));
  }

  system(name: string): PropertyValue {
    return name.toLowerCase() === "label" ? (this.#fields.subject ?? null) : null;
  }

  user(name: string): PropertyValue | undefined {
    return this.properties.get(name);
  }

  change(changes: readonly PropertyChange[]): PlainContent {
    const user: Record<string, PropertyValue> = Object.fromEntries(this.properties);
    for (const { scope, name, value } of changes) {
      if (scope === "user" && value !== undefined) user[name] = value;
    }
    return new PlainContent({ ...this.#fields, messageId: this.messageId, user });
  }
}

/** A message with that body, and in that session if one is named. */
export function content(body: string, fields: Omit<Fields, "body"> = {}): PlainContent {
  return new PlainContent({ body, ...fields });
}
