import { readList } from "./content.ts";
import { decode } from "./decode.ts";
import {
  encodeDescribed,
  encodeInt,
  encodeList,
  encodeMap,
  encodeNull,
  encodeString,
  encodeSymbol,
} from "./encode.ts";
import { cutSections, sectionCodes } from "./sections.ts";
import { bare, isMap, type Value } from "./value.ts";

/** A request on `$cbs` or a management node. */
export interface Request {
  /** Encoded as the client sent it: it comes back as correlation id, whatever its type. */
  readonly messageId: Buffer;
  readonly replyTo: string | undefined;
  readonly properties: ReadonlyMap<string, Value>;
  readonly body: Value;
}

/** What a request is answered with. */
export interface Reply {
  readonly status: number;
  readonly description: string;
  readonly condition?: string;
  /** Encoded AMQP value. */
  readonly body?: Buffer;
}

export function readRequest(encoded: Buffer): Request {
  const sections = cutSections(encoded);
  const properties = readList(sections.properties);
  const replyTo = properties[4] === undefined ? undefined : decode(properties[4]);
  const application =
    sections.applicationProperties === undefined ? undefined : decode(sections.applicationProperties);
  return {
    messageId: Buffer.from(properties[0] ?? encodeNull()),
    replyTo: typeof replyTo === "string" ? replyTo : undefined,
    properties: isMap(application) ? application : new Map(),
    body: (sections.value === undefined ? null : bare(decode(sections.value))) ?? null,
  };
}

/** The names of the status fields differ between the two nodes, and clients insist on them. */
export interface ReplyStyle {
  readonly status: string;
  readonly description: string;
  readonly condition: string;
}

export const cbsStyle: ReplyStyle = {
  status: "status-code",
  description: "status-description",
  condition: "error-condition",
};
export const managementStyle: ReplyStyle = {
  status: "statusCode",
  description: "statusDescription",
  condition: "errorCondition",
};

export function encodeReply(request: Request, reply: Reply, style: ReplyStyle): Buffer {
  const none = encodeNull();
  const application = [
    encodeString(style.status),
    encodeInt(reply.status),
    encodeString(style.description),
    encodeString(reply.description),
  ];
  if (reply.condition !== undefined)
    application.push(encodeString(style.condition), encodeSymbol(reply.condition));
  const tracking = request.properties.get("com.microsoft:tracking-id");
  if (typeof tracking === "string")
    application.push(encodeString("com.microsoft:tracking-id"), encodeString(tracking));
  return Buffer.concat([
    encodeDescribed(sectionCodes.properties, encodeList([none, none, none, none, none, request.messageId])),
    encodeDescribed(sectionCodes.applicationProperties, encodeMap(application)),
    encodeDescribed(sectionCodes.value, reply.body ?? encodeNull()),
  ]);
}
