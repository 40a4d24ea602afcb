import { randomBytes } from "node:crypto";
import { administerBus } from "../../shared/bus/administer.ts";
import { connectBus } from "../../shared/bus/connect.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { readConfig, type Config, type Connection } from "../../shared/kernel/config.ts";
import { Log } from "../../shared/kernel/log.ts";
import type { StreamEvent } from "../../shared/presence/stream-event.ts";
import type { OnRecycle } from "../../shared/recycle/act.ts";
import { makeRuntime } from "../../shared/runtime.ts";
import { agentLog } from "./log.ts";
import { OwnEntities } from "./own-entities.ts";
import { RoleInstance } from "./role-instance.ts";

/** A connection string, or a host name that is reached with an identity (of the client id, if there are several). */
export type AgentConnection = string | { host: string; clientId?: string };

export interface JoinRoleOptions {
  role: string;
  /** Stable over restarts, and unique over all roles: a second process with the same id takes the first one's place. */
  instanceId: string;
  /** Service Bus. With the right to manage, this instance makes its own queue and subscriptions. */
  connection: AgentConnection;
  /** Table Storage: a connection string, or the tables' endpoint. */
  tables: AgentConnection;
  /**
   * Where entities are made, if not at `connection`: a local broker has another port for it. `false`: nowhere, they are there already.
   */
  adminConnection?: AgentConnection | false;
  /** How long this instance's entities stay after it has gone, ISO 8601, at least five minutes. Default: PT1H. */
  autoDeleteOnIdle?: string;
  /** Called when this instance has agreed to recycle. Throwing refuses: it stays, and the operation says why. */
  onRecycle?: OnRecycle;
  /** Every change of the client list; the sessions that were there before come as `joined`. */
  onPresence?: (event: StreamEvent) => void;
  /**
   * Called when this instance has gone without having been asked to by `leave`: recycled (200), or given up. Default: the process exits
   * with this code, for whoever looks after it to start it anew. May join again instead: that is a new incarnation.
   */
  onEnd?: (exitCode: number) => void;
  /** Between two heartbeats, in milliseconds; the same as the fleet's. Default: 5000. */
  heartbeatMs?: number;
  /** Takes the log, one line of JSON at a time. Default: standard output. */
  writeLine?: (line: string) => void;
}

/**
 * Makes this process an instance of a role; settles when it is ready. Throws ConfigError for options that cannot be, MissingEntities when
 * its queue or subscriptions are not there and cannot be made.
 */
export async function joinRole(options: JoinRoleOptions): Promise<RoleInstance> {
  const config = toConfig(options);
  const { onEnd = (exitCode) => process.exit(exitCode), onRecycle = () => undefined } = options;
  const writeLine = options.writeLine ?? ((line) => void process.stdout.write(`${line}\n`));
  const client = connectBus(config.bus);
  const own = new OwnEntities({
    role: config.role,
    instance: config.instance,
    client,
    administration: toAdministration(options, config),
    autoDeleteOnIdle: options.autoDeleteOnIdle ?? "PT1H",
  });
  let end = (exitCode: number): void => void (failedWith = exitCode);
  let failedWith: number | undefined;
  const runtime = makeRuntime(config, { onRecycle, endWorker: (exitCode) => end(exitCode), writeLine });
  const instance = new RoleInstance({
    runtime,
    own,
    onTrouble: agentLog(new Log(config, systemClock, writeLine)).trouble,
    disconnect: () => client.close(),
  });
  const { onPresence } = options;
  if (onPresence) runtime.presence.hub.onChange(onPresence);
  try {
    await own.ensure();
    await runtime.start();
    if (failedWith !== undefined) throw new Error(`${config.instance} could not start; its log says why`);
  } catch (error) {
    await instance.leave();
    throw error;
  }
  end = (exitCode) => void instance.leave().then(() => onEnd(exitCode));
  instance.receive();
  return instance;
}

/** The settings that a function app has, from options: the same rules and defaults hold. */
function toConfig({ role, instanceId, connection, tables, heartbeatMs }: JoinRoleOptions): Config {
  const settings: Record<string, string | undefined> = {
    ROLE_NAME: role,
    INSTANCE_ID: instanceId,
    INSTANCE_URL: "none",
    ...(typeof connection === "string"
      ? { ServiceBus: connection }
      : { ServiceBus__fullyQualifiedNamespace: connection.host, ServiceBus__clientId: connection.clientId }),
    ...(typeof tables === "string"
      ? { Tables: tables }
      : { Tables__endpoint: tables.host, AZURE_CLIENT_ID: tables.clientId }),
    ...(heartbeatMs === undefined ? {} : { HEARTBEAT_MS: String(heartbeatMs) }),
    // It issues no tokens, since it registers no clients.
    SESSION_TOKEN_SECRET: randomBytes(32).toString("hex"),
  };
  return { ...readConfig(settings), url: "" };
}

function toAdministration({ adminConnection }: JoinRoleOptions, { bus }: Config) {
  if (adminConnection === false) return undefined;
  return administerBus(adminConnection === undefined ? bus : toConnection(adminConnection));
}

function toConnection(connection: AgentConnection): Connection {
  return typeof connection === "string"
    ? { connectionString: connection }
    : { host: connection.host, clientId: connection.clientId };
}
