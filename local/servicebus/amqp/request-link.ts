import type { Delivery, Receiver } from "rhea";
import { type Address, pathOf } from "../address.ts";
import { BrokerError } from "../broker-error.ts";
import { Arguments } from "../management/arguments.ts";
import { runOperation } from "../management/operations.ts";
import type { AttachContext } from "./attach.ts";
import { putToken } from "./cbs.ts";
import { AmqpContent, readMap } from "./content.ts";
import { malformed } from "./decode.ts";
import { encodeMessage } from "./delivery.ts";
import { amqpError, type OpenLink } from "./open-link.ts";
import { cbsStyle, encodeReply, managementStyle, readRequest, type Reply, type Request } from "./request.ts";
import { rawDelivery } from "./rhea-shapes.ts";
import { acceptedOutcome, rejectedOutcome } from "./rhea-values.ts";
import { shown } from "./value.ts";
import { cutSections } from "./sections.ts";

interface RequestContext extends AttachContext {
  readonly address: string;
  /** The entity whose management node this is; undefined for `$cbs`. */
  readonly parsed: Address | undefined;
}

/** The link on which a client asks `$cbs` or a management node. */
export class RequestLink implements OpenLink {
  readonly name: string;
  readonly resource: string | undefined;
  readonly #receiver: Receiver;
  readonly #context: RequestContext;

  constructor(receiver: Receiver, context: RequestContext) {
    this.name = receiver.name;
    this.#receiver = receiver;
    this.#context = context;
    this.resource = context.parsed === undefined ? undefined : context.address;
  }

  /** Takes a request in and sends the reply on the link that the client has for it. */
  receive(delivery: Delivery, encoded: Buffer): void {
    try {
      const request = readRequest(encoded);
      const reply = this.#answer(request, encoded);
      const style = this.#context.parsed === undefined ? cbsStyle : managementStyle;
      const node = pathOf(this.#context.address).toLowerCase();
      const link = this.#context.links.replyLink(node, request.replyTo, this.#receiver.session);
      if (link === undefined)
        throw new BrokerError("amqp:not-allowed", "There is no link to send the reply on.");
      rawDelivery(delivery).update(true, acceptedOutcome());
      link.send(encodeReply(request, reply, style));
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#context.refused("request", this.#context.address, error);
      rawDelivery(delivery).update(true, rejectedOutcome(amqpError(error)));
    }
  }

  end(error: BrokerError): void {
    this.#receiver.close(amqpError(error));
  }

  dispose(): void {}

  #answer(request: Request, encoded: Buffer): Reply {
    try {
      return this.#context.parsed === undefined
        ? this.#putToken(request)
        : this.#manage(this.#context.parsed, request, encoded);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#context.refused("request", this.#context.address, error);
      return { status: error.status, description: error.message, condition: error.condition };
    }
  }

  #putToken(request: Request): Reply {
    const path = pathOf(shown(request.properties.get("name")));
    this.#context.faults.strike({ point: "put-token", path });
    return putToken(request, this.#context);
  }

  #manage(address: Address, request: Request, encoded: Buffer): Reply {
    const { faults, namespace, links } = this.#context;
    const operation = request.properties.get("operation");
    faults.strike({
      point: "manage",
      path: pathOf(this.#context.address).replace(/\/\$management$/i, ""),
      operation: shown(operation),
    });
    return runOperation(operation, {
      namespace,
      address,
      request: new Arguments(request.body),
      encodedProperties: (name) => encodedMap(encoded, name),
      heldSession: links.heldSession(request.properties.get("associated-link-name")),
      readMessage: (message) => AmqpContent.read(message),
      writeMessage: encodeMessage,
    });
  }
}

/** A map in the body of a request, its values as they were sent. */
function encodedMap(encoded: Buffer, name: string): ReadonlyMap<string, Buffer> {
  const { value } = cutSections(encoded);
  if (value === undefined) throw malformed("a request has no amqp-value body");
  const copied = readMap(readMap(value).get(name));
  return new Map([...copied].map(([key, bytes]) => [key, Buffer.from(bytes)]));
}
