import type { Header } from "./header.ts";
import type { TickMessage } from "./message.ts";

/** What the operation slice needs from others; wired in runtime.ts. */

/** An instance, as far as operations care. */
export interface FleetMember {
  id: string;
  role: string;
  state: "starting" | "ready" | "draining" | "lost";
  incarnation: string;
  /** Whether the reader has itself seen it move lately. */
  isSeenAlive: boolean;
}

/** Reads the fleet as it is now. */
export type ReadFleet = () => Promise<FleetMember[]>;

/** Tells the instances of the operation's roles to look at its header. One send, whatever their number. */
export type Announce = (header: Header) => Promise<void>;

/** Sends a tick, to be delivered no sooner than `delayMs` from now. */
export type SendTick = (tick: TickMessage, delayMs: number) => Promise<void>;

/** Answers whoever asked for the operation by message, if anybody did. */
export type AnswerAsker = (header: Header) => Promise<void>;
