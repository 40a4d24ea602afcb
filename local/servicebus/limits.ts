/** What Service Bus Standard allows, and the bounds the broker sets itself. Each is told to the client when it is passed. */

const KiB = 1024;

/** A message with all its sections, and a batch as it is sent. */
export const maxMessageBytes = 256 * KiB;
/** Properties, application properties and annotations of one message together. */
export const maxPropertiesBytes = 64 * KiB;
/** One application property. */
export const maxPropertyBytes = 32 * KiB;
/** Message id, session id and partition key, in characters. */
export const maxIdLength = 128;
/** The state of one session. */
export const maxSessionStateBytes = 256 * KiB;
/** Auto-forwarding stops here; the message goes to the transfer dead-letter queue. */
export const maxForwardHops = 4;
export const maxEntityNameLength = 260;
/** The address of a link or the resource of a token, with host and all. */
export const maxAddressLength = 2048;
/** Subscriptions and rules. */
export const maxShortNameLength = 50;
export const maxLockDurationMs = 5 * 60_000;
export const maxDeliveryCountLimit = 2000;
export const maxDuplicateWindowMs = 7 * 24 * 3_600_000;
export const maxSubscriptionsPerTopic = 2000;

/** Messages in one reply to a peek; a client that wants more asks again. */
export const maxPeekMessages = 1000;
/** A reply to a peek ends with the message that passes this. */
export const maxPeekBytes = 4 * KiB * KiB;
/** Sequence numbers or lock tokens in one management request. */
export const maxTokensPerRequest = 5000;

/** How long accept-next waits when the client names no time-out. */
export const acceptNextTimeoutMs = 60_000;

/** Largest AMQP frame the broker takes; also what Azure announces. */
export const maxFrameBytes = 64 * KiB;
/** AMQP allows no client to take less. */
export const minFrameBytes = 512;
/** AMQP sessions on one connection; clients open one for each link. Also what Azure announces. */
export const maxSessionsPerConnection = 5000;
/** Links on one connection; one more is refused. */
export const maxLinksPerConnection = 10_000;
/** Messages a client may send on one link before it needs new credit. */
export const sendCredit = 1000;
/** Transfers a client may have in flight to the broker on one AMQP session. */
export const incomingWindow = 2048;
/** Deliveries on one AMQP session that wait for settlement. */
export const outgoingWindow = 16_384;
/** Bytes waiting in a socket beyond which the broker stops pushing messages into it. */
export const maxSocketBacklogBytes = 8 * KiB * KiB;
/** Replies that wait for credit on a request-response link; one more closes the link. */
export const maxWaitingReplies = 1000;
/** Announced as AMQP idle time-out; a connection silent for twice as long is closed. */
export const idleTimeoutMs = 120_000;
/** A client may not ask to hear from the broker more often than every half of this. */
export const minIdleTimeoutMs = 100;
/** A connection that has not sent AMQP open by then is cut. */
export const handshakeTimeoutMs = 30_000;
/** The longest time to live that an AMQP header can say. */
export const maxUintMs = 2 ** 32 - 1;
