/** Bytes as people write them: pairs of hexadecimal digits, with spaces where they help. */
export function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(" ", ""), "hex");
}

/** The protocol headers with which a client begins, without and with SASL. */
export const amqpHeader = hex("414d5150 00 01 00 00");
export const saslHeader = hex("414d5150 03 01 00 00");

/** A frame of AMQP (0) or SASL (1) around a body, with the size it really has. */
export function frame(body: Buffer, type = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.writeUInt8(2, 4);
  head.writeUInt8(type, 5);
  return Buffer.concat([head, body]);
}

/** A performative with fields that are encoded already. */
export function performative(code: number, ...fields: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x00, 0x53, code]), list(...fields)]);
}

export function list(...items: Buffer[]): Buffer {
  const body = Buffer.concat(items);
  const head = Buffer.alloc(9);
  head.writeUInt8(0xd0, 0);
  head.writeUInt32BE(body.length + 4, 1);
  head.writeUInt32BE(items.length, 5);
  return Buffer.concat([head, body]);
}

export function uint(value: number): Buffer {
  const bytes = Buffer.alloc(5, 0x70);
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

export function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0xa1, value.length]), Buffer.from(value, "latin1")]);
}

export const nothing = hex("40");
export const yes = hex("41");
export const no = hex("42");

/** Lists inside lists, each of which says that it has more elements than there is memory for. */
export function boastfulLists(depth: number): Buffer {
  const one = hex("d0 00001000 01ffffff");
  return Buffer.concat([...Array.from({ length: depth }, () => one), Buffer.alloc(0x1000, 0x40)]);
}

/** An array that says it has four thousand million elements, none of which has a byte. */
export const endlessArray = hex("f0 00000005 ffffffff 40");

/** What a client says until it has a session on channel 0, its first frames being given. */
export function opened({ open = performative(0x10, text("raw client")) } = {}): Buffer {
  const init = performative(0x41, Buffer.concat([hex("a309"), Buffer.from("ANONYMOUS")]));
  const begin = performative(0x11, nothing, uint(0), uint(100), uint(100));
  return Buffer.concat([saslHeader, frame(init, 1), amqpHeader, frame(open), frame(begin)]);
}
