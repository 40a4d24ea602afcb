/** The typed client: `connect` registers a session or goes on with one. For browsers and Node 20, without dependencies. */
export { connect } from "./connect.ts";
export type { ConnectOptions, HeldOptions, NewSession } from "./connect.ts";
export type { OutgoingMessage, Sent, SendTo } from "./outgoing.ts";
export { InterroleProblem, InterroleUnreachable } from "./problem.ts";
export type { CallOptions, Resumption, SendOptions, Session } from "./session.ts";
export type { SessionView, StreamEvent as SessionEvent } from "../shared/presence/stream-event.ts";
export type { Message } from "../shared/presence/message.ts";
