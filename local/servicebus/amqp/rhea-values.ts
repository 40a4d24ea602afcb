// oxlint-disable typescript/no-unsafe-type-assertion -- rhea's typings leave its own types and outcomes out
import rhea, { type AmqpError } from "rhea";

/** The outcome of a delivery that a client sent: the name of its AMQP type and its fields. */
export function outcomeName(state: unknown): string | undefined {
  if (typeof state !== "object" || state === null) return undefined;
  const { constructor } = state as { constructor: { composite_type?: string } };
  return constructor.composite_type;
}

const acceptedCode = 0x24;

interface Typed {
  readonly value: unknown;
  readonly descriptor?: { readonly value: unknown };
}

interface AmqpTypes {
  Writer: new () => { write(value: Typed): void; toBuffer(): Buffer };
  wrap_described(value: unknown, descriptor: unknown): Typed;
  wrap_long(bytes: Buffer): Typed;
}

const amqpTypes = rhea.types as unknown as AmqpTypes;
const outcomes = rhea.message as unknown as {
  accepted(): { described(): unknown };
  rejected(fields: { error?: AmqpError }): { described(): unknown };
  released(): { described(): unknown };
  modified(fields: object): { described(): unknown };
};

export function acceptedOutcome(): unknown {
  return outcomes.accepted().described();
}

export function rejectedOutcome(error: AmqpError): unknown {
  return outcomes.rejected({ error }).described();
}

/**
 * The outcome a client asked for, by name, as it is confirmed. Some clients take an outcome of another type for a failure, and
 * others one with an error in it: so it is of the same type, and empty.
 */
export function confirmedOutcome(name: string): unknown {
  switch (name) {
    case "rejected":
      return outcomes.rejected({}).described();
    case "released":
      return outcomes.released().described();
    case "modified":
      return outcomes.modified({}).described();
    default:
      return acceptedOutcome();
  }
}

/** Whether an outcome that the broker made is the one that says no more than yes. */
export function isAccepted(outcome: unknown): boolean {
  return descriptorOf(outcome) === acceptedCode;
}

/** A described value, for places where rhea does the encoding. */
export function describe(value: string, descriptor: unknown): unknown {
  return amqpTypes.wrap_described(value, descriptor);
}

/** The descriptor of a value that rhea left as it was. */
export function descriptorOf(value: unknown): unknown {
  return isTyped(value) ? value.descriptor?.value : undefined;
}

/** The value without type and descriptor. */
export function plain(value: unknown): unknown {
  return isTyped(value) ? value.value : value;
}

/** A long of eight bytes; rhea would shorten a small one. */
export function longTyped(value: bigint): unknown {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return amqpTypes.wrap_long(bytes);
}

/** The fields of a rejected or modified outcome that Service Bus reads, with map values encoded as the client sent them. */
export interface OutcomeFields {
  readonly undeliverableHere: boolean;
  readonly condition: string | undefined;
  readonly description: string | undefined;
  readonly properties: Map<string, Buffer>;
}

/** Reads an outcome from what rhea keeps of it. Its accessors would lose the types of the properties. */
export function outcomeFields(state: unknown): OutcomeFields {
  const fields = (state as { value?: unknown[] } | undefined)?.value ?? [];
  if (outcomeName(state) === "modified") {
    return {
      undeliverableHere: isTrue(plain(fields[1])),
      condition: undefined,
      description: undefined,
      properties: encodedMap(fields[2]),
    };
  }
  const error = plain(fields[0]);
  const parts = Array.isArray(error) ? error : [];
  return {
    undeliverableHere: false,
    condition: text(plain(parts[0])),
    description: text(plain(parts[1])),
    properties: encodedMap(parts[2]),
  };
}

function encodedMap(map: unknown): Map<string, Buffer> {
  const result = new Map<string, Buffer>();
  const items = plain(map);
  if (!Array.isArray(items)) return result;
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [key, value] = [plain(items[index]), items[index + 1] as unknown];
    if (typeof key !== "string" || !isTyped(value)) continue;
    const writer = new amqpTypes.Writer();
    writer.write(value);
    result.set(key, Buffer.from(writer.toBuffer()));
  }
  return result;
}

/** A boolean of the longer form, which some clients send, comes out of rhea as a number. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 1;
}

function isTyped(value: unknown): value is Typed {
  return typeof value === "object" && value !== null && "value" in value && "type" in value;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
