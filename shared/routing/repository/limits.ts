/** What the repository holds. Each bound is enforced where it is passed, with a clear error. */
export const repositoryLimits = {
  /** A table as it is sent, JSON or XML, and as it is stored with its defaults filled in. 10,000 entries are 2 to 4 MB. */
  maxTableBytes: 8_388_608,
  maxStoredBytes: 16_777_216,
  /** One refresh pins the versions of all of them in one row. */
  maxTables: 100,
  /** Chunks are cut where the content says so, in these bounds, so that a change rewrites the chunks around it only. */
  minChunkBytes: 65_536,
  maxChunkBytes: 262_144,
  /** A binary property of a row. */
  maxPropertyBytes: 65_536,
  /** Rows that are read or written at the same time. */
  chunksAtOnce: 8,
  /** Failed loads that are kept for each table; older ones go. */
  maxEvents: 200,
  maxCommentLength: 500,
} as const;
