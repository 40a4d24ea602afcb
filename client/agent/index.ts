/** The instance agent: `joinRole` makes a process that is no function app an instance of a role. For Node 20. */
export type { OutgoingMessage, Sent, SendTo } from "../outgoing.ts";
export type { SessionView, StreamEvent as SessionEvent } from "../../shared/presence/stream-event.ts";
export { ConfigError } from "../../shared/kernel/config.ts";
export { Problem } from "../../shared/kernel/problem.ts";
export type { AgentSession } from "./agent-session.ts";
export { joinRole } from "./join-role.ts";
export type { AgentConnection, JoinRoleOptions } from "./join-role.ts";
export { MissingEntities } from "./own-entities.ts";
export type { RoleInstance } from "./role-instance.ts";
