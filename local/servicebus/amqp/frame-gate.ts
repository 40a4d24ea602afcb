import { BrokerError } from "../broker-error.ts";
import { maxFrameBytes } from "../limits.ts";
import { assertPerformative } from "./performatives.ts";

const headerBytes = 8;
/** As much of a frame as tells how long it is. */
const sizeBytes = 4;
/** "AMQP", with which a protocol header begins; as a size it would be far beyond any frame's. */
const headerMark = 0x41_4d_51_50;
const frameTypes = { amqp: 0, sasl: 1 } as const;

/** Whom a gate works for. */
export interface GateKeeper {
  /** Takes what came through: headers and frames, whole. */
  readonly pass: (bytes: Buffer) => void;
  /** The client broke the protocol; nothing comes through any more. */
  readonly violated: (error: BrokerError) => void;
}

/**
 * Cuts what a client writes into protocol headers and frames, and passes on only what is whole and sound.
 *
 * It waits for a header or the size of a frame → for the rest of it → passes it on, and begins anew. The size is held against the
 * limit as soon as it is there, so no more than one frame is ever kept. What comes before a fault is still passed on. Before a header
 * in the midst of other bytes it rests for a turn of the event loop: a client that does not wait for the answer to its SASL sends
 * them together, and rhea would take the header for a frame of SASL.
 */
export class FrameGate {
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** With fewer bytes than that there is nothing to do. */
  #neededBytes = sizeBytes;
  #begun = false;
  #resting: NodeJS.Immediate | undefined;
  #stopped = false;
  readonly #keeper: GateKeeper;

  constructor(keeper: GateKeeper) {
    this.#keeper = keeper;
  }

  /** Takes the next bytes in. */
  take(bytes: Buffer): void {
    if (this.#stopped) return;
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    if (this.#resting === undefined && this.#keptBytes >= this.#neededBytes) this.#go();
  }

  /** Lets nothing through any more. */
  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#resting);
    this.#keep(Buffer.alloc(0));
  }

  #go(): void {
    const [first] = this.#kept;
    const buffer = this.#kept.length === 1 && first ? first : Buffer.concat(this.#kept, this.#keptBytes);
    let at = 0;
    let fault: unknown;
    try {
      for (let end = this.#endOf(buffer, at); end <= buffer.length; end = this.#endOf(buffer, at)) {
        if (at > 0 && isHeader(buffer, at)) {
          this.#rest();
          break;
        }
        this.#check(buffer.subarray(at, end));
        at = end;
      }
    } catch (error) {
      fault = error;
    }
    this.#keep(buffer.subarray(at));
    if (at > 0) this.#keeper.pass(buffer.subarray(0, at));
    if (fault === undefined) return;
    this.stop();
    if (!(fault instanceof BrokerError)) throw fault;
    this.#keeper.violated(fault);
  }

  #rest(): void {
    this.#resting = setImmediate(() => {
      this.#resting = undefined;
      this.#go();
    });
  }

  /** Where the header or frame that begins at `at` ends; when too little of it is there to tell, where that much ends. */
  #endOf(buffer: Buffer, at: number): number {
    let bytes: number = sizeBytes;
    if (buffer.length - at >= sizeBytes) {
      bytes = isHeader(buffer, at) ? headerBytes : this.#frameBytes(buffer.readUInt32BE(at));
    }
    this.#neededBytes = bytes;
    // Four bytes are no frame yet: go on only when there are more.
    return bytes === sizeBytes ? Infinity : at + bytes;
  }

  #frameBytes(bytes: number): number {
    if (!this.#begun) throw violation("This is a port for AMQP, and what was sent is not AMQP.");
    if (bytes < headerBytes) throw violation(`A frame of ${bytes} bytes is shorter than its own header.`);
    if (bytes > maxFrameBytes) {
      throw violation(`A frame may have ${maxFrameBytes} bytes at most; one says that it has ${bytes}.`);
    }
    return bytes;
  }

  #check(whole: Buffer): void {
    if (isHeader(whole, 0)) {
      this.#begun = true;
      return;
    }
    const bodyStart = (whole[4] ?? 0) * 4;
    if (bodyStart < headerBytes || bodyStart > whole.length)
      throw violation("The body of a frame begins outside of the frame.");
    if (whole[5] !== frameTypes.amqp && whole[5] !== frameTypes.sasl)
      throw violation(`Frames of type ${whole[5]} are not known.`);
    // An empty frame is a sign of life.
    if (bodyStart < whole.length) assertPerformative(whole.subarray(bodyStart));
  }

  #keep(rest: Buffer): void {
    this.#kept = rest.length > 0 ? [rest] : [];
    this.#keptBytes = rest.length;
  }
}

function isHeader(buffer: Buffer, at: number): boolean {
  return buffer.readUInt32BE(at) === headerMark;
}

function violation(text: string): BrokerError {
  return new BrokerError("amqp:decode-error", text);
}
