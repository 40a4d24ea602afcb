/** The bounds of the counter. Together they keep the state of a session under 64 KB, which test/unit/counter holds them to. */
export const counterLimits = {
  maxKeyLength: 256,
  /** Numbers that one request may take. */
  maxCount: 10_000,
  /** Keys that are remembered; an older one is forgotten unless it is in the latest turn of a writer. */
  maxKeys: 1_000,
  /** Writers whose latest turn is remembered. */
  maxWriters: 32,
  /** Requests with a key in one turn: so that the latest turn of every writer fits into the state with all its keys. */
  maxKeyedPerTurn: 32,
  /** Requests in one turn. */
  maxPerTurn: 1_000,
  /** Requests that may wait for one counter in one process; the next is refused. */
  maxWaiting: 10_000,
  /** Counters that a process remembers; the ones that nobody used for longest are forgotten. */
  maxCounters: 10_000,
  /** The session state. Standard takes 256 KB; operations are counted by 64 KB. */
  maxStateBytes: 65_536,
  /** Values are 64-bit numbers with a sign, from one below the first number that is allowed. */
  minValue: -1n,
  maxValue: 2n ** 63n - 1n,
} as const;

/** The times of the counter, in milliseconds, unless a setting says otherwise. */
export const counterTimes = {
  /** How long a caller waits for its turn. */
  waitMs: 10_000,
  /** How long the SDK waits for the answer to a read or a write. */
  attemptMs: 3_000,
  /**
   * How long accepting a session may go unanswered before it is asked for anew. A broker that lets it wait for the lock may take longer; but
   * where the connection breaks meanwhile, the SDK waits a minute.
   */
  acceptMs: 4_000,
  /** The lock of a session as infra/topology.json sets it. */
  lockMs: 10_000,
  /** A lock that took longer to get is renewed before it is relied on: nobody knows when it began. */
  slowAcceptMs: 1_000,
  /** How long numbers of a block may be handed out before the epoch is looked at again. */
  blockMs: 5_000,
} as const;

/** Numbers that a process leases at once in block mode: at most so many are lost when it ends. */
export const defaultBlockSize = 1_000;
