import { randomBytes } from "node:crypto";
import { startAdminServer } from "./admin/server.ts";
import { AmqpServer } from "./amqp/server.ts";
import { type Clock, guardClock, systemClock } from "./clock.ts";
import { Faults } from "./faults.ts";
import type { Log } from "./log-event.ts";
import type { NamespaceConfig } from "./model.ts";
import { Namespace } from "./store/namespace.ts";

export interface BrokerOptions {
  /** Entities to create at the start. */
  readonly config?: NamespaceConfig;
  /** Port for AMQP; 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** Port for the administration API; 0, the default, takes a free one; false does without. */
  readonly adminPort?: number | false;
  readonly keyName?: string;
  /** The secret that signs tokens; random by default. */
  readonly key?: string;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Entities and messages of a broker before this one. */
  readonly namespace?: Namespace;
}

/** A Service Bus in this process. It keeps everything in memory. */
export interface Broker extends AsyncDisposable {
  readonly port: number;
  /** Undefined when it runs without the administration API. */
  readonly adminPort: number | undefined;
  readonly connectionString: string;
  readonly adminConnectionString: string;
  readonly namespace: Namespace;
  readonly faults: Faults;
  /** How many clients are connected. */
  readonly connectionCount: number;
  /** Cuts all connections without a word and tells how many. */
  dropConnections(): number;
  /** Closes the listeners and all connections; entities and messages stay. */
  stop(): Promise<void>;
  /** Listens again, on the same ports. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const defaultKeyName = "RootManageSharedAccessKey";
const defaultHost = "127.0.0.1";

/** Starts a Service Bus in this process. */
export async function createBroker(options: BrokerOptions = {}): Promise<Broker> {
  const broker = new EmbeddedBroker(options);
  await broker.start();
  return broker;
}

class EmbeddedBroker implements Broker {
  readonly namespace: Namespace;
  readonly faults = new Faults();
  readonly #host: string;
  readonly #access: { readonly keyName: string; readonly key: string };
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #amqp: AmqpServer;
  #port: number;
  #adminPort: number | false;
  #admin: { readonly port: number; close(): Promise<void> } | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: BrokerOptions) {
    this.#host = options.host ?? defaultHost;
    this.#port = options.port ?? 0;
    this.#adminPort = options.adminPort ?? 0;
    this.#access = {
      keyName: options.keyName ?? defaultKeyName,
      key: options.key ?? randomBytes(32).toString("base64"),
    };
    this.#log = options.log ?? (() => {});
    const clock = options.clock ?? systemClock;
    const onError = (error: unknown) => this.#log({ event: "bug", error });
    this.#clock = guardClock(clock, onError);
    this.namespace = options.namespace ?? new Namespace({ clock, onError });
    if (options.config !== undefined) this.namespace.applyConfig(options.config);
    this.#amqp = new AmqpServer({
      namespace: this.namespace,
      clock: this.#clock,
      access: this.#access,
      faults: this.faults,
      log: this.#log,
    });
  }

  get port(): number {
    return this.#port;
  }

  get adminPort(): number | undefined {
    return this.#adminPort === false ? undefined : this.#adminPort;
  }

  get connectionString(): string {
    return this.#connectionString(this.#port);
  }

  get adminConnectionString(): string {
    if (this.#adminPort === false) throw new Error("This broker runs without the administration API.");
    return this.#connectionString(this.#adminPort);
  }

  get connectionCount(): number {
    return this.#amqp.connectionCount;
  }

  dropConnections(): number {
    return this.#amqp.dropConnections();
  }

  start(): Promise<void> {
    this.#starting ??= this.#listen(this.#stopping);
    this.#stopping = undefined;
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#unlisten(this.#starting);
    this.#starting = undefined;
    return this.#stopping;
  }

  close(): Promise<void> {
    return this.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(before: Promise<void> | undefined): Promise<void> {
    await before;
    this.#port = await this.#amqp.listen(this.#host, this.#port);
    this.#log({ event: "listening", host: this.#host, port: this.#port });
    if (this.#adminPort === false) return;
    try {
      const admin = await startAdminServer({
        namespace: this.namespace,
        host: this.#host,
        port: this.#adminPort,
        clock: this.#clock,
        ...this.#access,
        log: this.#log,
      });
      this.#admin = admin;
      this.#adminPort = admin.port;
    } catch (error) {
      await this.#amqp.close();
      throw error;
    }
  }

  async #unlisten(before: Promise<void> | undefined): Promise<void> {
    await before;
    const admin = this.#admin;
    this.#admin = undefined;
    await Promise.all([this.#amqp.close(), admin?.close()]);
    this.#log({ event: "stopped", port: this.#port });
  }

  #connectionString(port: number): string {
    const { keyName, key } = this.#access;
    return `Endpoint=sb://${this.#host}:${port};SharedAccessKeyName=${keyName};SharedAccessKey=${key};UseDevelopmentEmulator=true;`;
  }
}
