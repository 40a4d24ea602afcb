/** What a routing table and a message may be. Each is enforced where input enters, and told with the place where it was passed. */
export const routingLimits = {
  maxEntries: 10_000,
  maxFilters: 10_000,
  maxEndpoints: 10_000,
  maxInbound: 100,
  maxBackupLists: 1_000,
  maxChoices: 1_000,
  /** Endpoints in one backup list or choice. */
  maxListed: 16,
  /** Priorities are whole numbers from minus this to this. */
  maxPriority: 1_000_000,
  maxNameLength: 128,
  maxAddressLength: 2_048,
  /** Operands of one And or Or, and how deep filters may name filters. */
  maxOperands: 64,
  maxFilterDepth: 16,
  maxActions: 100,
  maxNamespaces: 100,
  maxNamespaceLength: 512,
  /** XPath and CEL, in characters. */
  maxExpressionLength: 2_048,
  /** Values (matchers and literals) in one event pattern, and alternatives that its `$or` may make. */
  maxPatternValues: 1_000,
  maxPatternAlternatives: 1_000,
  maxMatcherLength: 1_024,
  maxWildcards: 8,
  /** CloudEvents dialects in one filter, all levels together. */
  maxDialects: 100,
  /** How long the service of an endpoint may take. */
  minTimeoutMs: 10,
  maxTimeoutMs: 230_000,
  defaultTimeoutMs: 30_000,
  maxWeight: 1_000,
  /** Endpoints that one message goes to. */
  maxBranches: 100,
  maxOrderingKeyLength: 100,
  /** Routers that a message may go through. */
  maxHops: 8,
  /** A message that is kept on a queue: what Service Bus takes is 256 KB, with all that the router knows of it. */
  maxQueuedBodyBytes: 190_000,
  maxHeaders: 64,
  maxHeaderBytes: 16_384,
  /** A request that is answered at once: its body, and what of it filters may see parsed. */
  maxBodyBytes: 1_048_576,
  maxBodyDepth: 64,
  maxXmlNodes: 50_000,
  /** Nodes that one XPath expression may visit in one message; beyond that it does not match. */
  maxXPathVisits: 200_000,
  /** Nodes that all XPath expressions together may visit in one message: a table may hold thousands of them. */
  maxXPathVisitsPerMessage: 1_000_000,
  /** What macros in each other (`all`, `exists`, `map`, ...) may cost: the longest list of the message to the power of their depth. */
  maxCelCost: 200_000,
  maxCelMacroDepth: 3,
} as const;
