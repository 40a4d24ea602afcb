import { byteAt, decode, malformed, skip } from "./decode.ts";
import { soundEnd } from "./sound.ts";

const nullType = 0x40;
const uints = [0x43, 0x44, 0x50, 0x52, 0x53, 0x60, 0x70];

/** The type codes by the words for them in the shapes below. */
const kinds = {
  text: new Set([0xa1, 0xa3, 0xb1, 0xb3]),
  uint: new Set(uints),
  ulong: new Set([...uints, 0x80]),
  boolean: new Set([0x41, 0x42, 0x56]),
  binary: new Set([0xa0, 0xb0]),
  map: new Set([0xc1, 0xd1]),
  described: new Set([0x00]),
  any: undefined,
} as const;

type Kind = keyof typeof kinds;

interface Shape {
  readonly name: string;
  readonly fields: readonly { readonly kind: Kind; readonly required: boolean }[];
}

/** What a client may say, by descriptor; `!` is at fields that must be there. What only a broker says is not among it. */
const performatives = new Map([
  shape(0x10, "open", "text! text uint uint uint any any any any map"),
  shape(0x11, "begin", "uint uint! uint! uint! uint any any map"),
  shape(
    0x12,
    "attach",
    "text! uint! boolean! uint uint described described map boolean uint ulong any any map",
  ),
  shape(0x13, "flow", "uint uint! uint! uint! uint uint uint uint boolean boolean map"),
  shape(0x14, "transfer", "uint! uint binary uint boolean boolean uint any boolean boolean boolean"),
  shape(0x15, "disposition", "boolean! uint! uint boolean any boolean"),
  shape(0x16, "detach", "uint! boolean any"),
  shape(0x17, "end", "any"),
  shape(0x18, "close", "any"),
  shape(0x41, "sasl-init", "text! binary text"),
  shape(0x43, "sasl-response", "binary!"),
]);
/** Where a link begins and ends, as far as somebody reads it. */
const termini = new Map([
  shape(0x28, "source", "text any any any boolean any any map"),
  shape(0x29, "target", "text any any any boolean"),
]);

/** Throws amqp:decode-error unless a frame's body begins with a performative that is sound and has fields of the right types. */
export function assertPerformative(body: Buffer): void {
  if (byteAt(body, 0) !== 0x00) throw malformed("a frame does not begin with a performative");
  const end = soundEnd(body, 0);
  const shaped = shapeAt(body, performatives);
  if (shaped === undefined) throw malformed("a frame has a performative that is not known");
  checkFields(body.subarray(0, end), shaped);
}

/** Checks a described list that is sound already. */
function checkFields(composite: Buffer, { name, fields }: Shape): void {
  const list = skip(composite, 1);
  const type = byteAt(composite, list);
  if (type !== 0x45 && type !== 0xc0 && type !== 0xd0) throw malformed(`${name} is not a list`);
  let at = type === 0x45 ? composite.length : list + (type === 0xc0 ? 3 : 9);
  for (const [index, { kind, required }] of fields.entries()) {
    const code = composite[at] ?? nullType;
    const fits = code === nullType ? !required : (kinds[kind]?.has(code) ?? true);
    if (!fits) throw malformed(`field ${index} of ${name} is missing or has the wrong type`);
    if (at >= composite.length) continue;
    const end = skip(composite, at);
    if (kind === "described") checkTerminus(composite.subarray(at, end));
    at = end;
  }
}

/** A terminus of a kind that is not known is for whoever opens the link to refuse. */
function checkTerminus(value: Buffer): void {
  const shaped = value[0] === 0x00 ? shapeAt(value, termini) : undefined;
  if (shaped !== undefined) checkFields(value, shaped);
}

function shapeAt(described: Buffer, shapes: ReadonlyMap<number, Shape>): Shape | undefined {
  // The short form first: it is what everybody sends.
  if (described[1] === 0x53) return shapes.get(described[2] ?? 0);
  const value = decode(described.subarray(1, skip(described, 1)));
  if (typeof value !== "string") return shapes.get(Number(value));
  return [...shapes.values()].find(({ name }) => value === `amqp:${name}:list`);
}

function shape(code: number, name: string, fields: string): [number, Shape] {
  return [code, { name, fields: fields.split(" ").map(readField) }];
}

function readField(word: string): Shape["fields"][number] {
  const kind = word.replace("!", "");
  if (!isKind(kind)) throw new Error(`no field can be '${word}'`);
  return { kind, required: word.endsWith("!") };
}

function isKind(word: string): word is Kind {
  return word in kinds;
}
