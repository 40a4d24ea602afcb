/** An instance, as far as presence cares. */
export interface Member {
  id: string;
  role: string;
  url: string;
  state: "starting" | "ready" | "draining" | "lost";
  incarnation: string;
  epoch: number;
  /** When its row was last written, by the table service's clock; another row of the same service may be compared with it. */
  lastSeen: string;
  /** The number of its last presence batch, as of its last heartbeat. */
  tail: number;
  /** Sessions of its incarnations up to this epoch have been reaped. */
  reapedEpoch: number;
}

/** Reads the fleet as it is now. */
export type ReadMembers = () => Promise<readonly Member[]>;
