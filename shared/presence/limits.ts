/** What a session and a message may be. Each is enforced where input enters, with a problem that names it. */
export const presenceLimits = {
  maxUserNameLength: 128,
  /** Metadata as JSON text, in characters, and its nesting. */
  maxMetadataLength: 4_096,
  maxMetadataDepth: 8,
  /** Text, or data as JSON text, in characters. */
  maxMessageLength: 65_536,
  maxMessageDepth: 32,
  maxKeyLength: 256,
  /** Sessions that one user may have open at once. */
  maxSessionsPerUser: 50,
  /** Messages that may wait in one session's mailbox: what is behind them is refused until some are acknowledged. */
  maxWaiting: 2_000,
  /** How long a session that has ended can be looked up, and what waited for it be read. */
  endedRetentionMs: 3_600_000,
  /** Messages that one session may send in a row, and a second. */
  sendBurst: 200,
  sendsPerSecond: 50,
} as const;
