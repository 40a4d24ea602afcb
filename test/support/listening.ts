import type { ServiceBusMessage } from "@azure/service-bus";
import type { Invoker, InvocationRequest, Listener } from "../../local/functions/core/listener.ts";
import type { LogEntry } from "../../local/functions/log/log.ts";
import { createListener } from "../../local/functions/servicebus/listener.ts";
import type { Settings } from "../../local/functions/settings/settings.ts";
import { settingsOf } from "./app-settings.ts";
import type { Bus } from "./bus.ts";

/** Retries that a test can wait for; the platform's own first delay is 0.8 s. */
const shortRetries = { tryTimeout: "00:00:10", delay: "00:00:00.05", maxDelay: "00:00:00.2", maxRetries: 1 };

/** What the function does with a call: nothing is success, an error is failure. */
export type FunctionBody = (call: InvocationRequest) => void | Promise<void>;

/** A host without a worker process: a listener on a real broker whose function runs in the test. */
export interface Listening extends AsyncDisposable {
  readonly listener: Listener;
  /** Every call that was made, in order. */
  readonly calls: InvocationRequest[];
  readonly logged: LogEntry[];
}

/** What to listen with. */
export interface ListeningOptions {
  readonly binding: Record<string, unknown>;
  /** `extensions.serviceBus` of host.json. */
  readonly options?: object;
  readonly body?: FunctionBody;
  readonly settings?: Settings;
  readonly connectionString?: string;
}

/** The settings of an app that finds this bus under the connection name `Bus`. */
export function busSettings(connectionString: string, options: object = {}): Settings {
  return settingsOf({
    host: { extensions: { serviceBus: { clientRetryOptions: shortRetries, ...options } } },
    env: { Bus: connectionString },
  });
}

/** Makes a listener that is not started yet; it is stopped when it goes out of scope. */
export function listening(bus: Bus, setup: ListeningOptions): Listening {
  const settings =
    setup.settings ?? busSettings(setup.connectionString ?? bus.connectionString, setup.options);
  const calls: InvocationRequest[] = [];
  const logged: LogEntry[] = [];
  const invoker: Invoker = {
    invoke: async (_name, request) => {
      calls.push(request);
      await setup.body?.(request);
      return { outputData: [] };
    },
  };
  const binding = {
    name: "message",
    type: "serviceBusTrigger",
    direction: "in" as const,
    connection: "Bus",
    ...setup.binding,
  };
  const listener = createListener(
    { name: "work", functionId: "1", bindings: { message: binding } },
    binding,
    {
      settings,
      hostJson: settings.hostJson,
      invoker,
      log: (level, message, error) => logged.push({ level, category: "test", message, error }),
    },
  );
  return { listener, calls, logged, [Symbol.asyncDispose]: () => listener.stop(0) };
}

/** A message whose body is this text as it is: the SDK would send a string as JSON. */
export function text(body: string, properties: Omit<ServiceBusMessage, "body"> = {}): ServiceBusMessage {
  return { ...properties, body: Buffer.from(body) };
}

/** Whether a queue holds no message, not even a locked one. */
export async function isEmpty(bus: Bus, queue: string): Promise<boolean> {
  // A client peeks on from where it last stopped, whichever receiver asks; a new one begins at the beginning.
  const client = bus.newClient();
  const left = await client.createReceiver(queue).peekMessages(1);
  await client.close();
  return left.length === 0;
}

/** The texts that a call brought: one, or as many as it has messages. */
export function textsIn(call: InvocationRequest | undefined): readonly string[] {
  const data = call?.inputData[0]?.data;
  return data?.collectionString?.string ?? (data?.string === undefined ? [] : [data.string]);
}

/** How often the call's message has been delivered, as the function sees it. */
export function deliveryCountIn(call: InvocationRequest | undefined): number {
  return Number(call?.triggerMetadata["DeliveryCount"]?.json);
}

/** A moment that the test brings about. */
export interface Moment {
  readonly reached: Promise<void>;
  reach(): void;
}

export function moment(): Moment {
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach };
}
