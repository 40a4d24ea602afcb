import { z } from "zod";
import { routingLimits as limits } from "../limits.ts";
import type { RoutedMessage } from "../routed-message.ts";

const headers = z
  .record(z.string().max(256), z.union([z.string(), z.number(), z.boolean()]))
  .refine((all) => Object.keys(all).length <= limits.maxHeaders, {
    error: `must hold at most ${limits.maxHeaders} headers`,
  });

/** A message as people write it down to see what a table does with it. */
export const sampleSchema = z
  .strictObject({
    inbound: z.string().min(1).max(limits.maxNameLength),
    address: z.string().max(limits.maxAddressLength).optional(),
    headers: headers.default({}),
    contentType: z.string().max(256).optional(),
    /** Text is the body as it is; any other JSON value is a JSON body. */
    body: z.json().optional(),
    bodyBase64: z.base64().optional(),
  })
  .refine(({ body, bodyBase64 }) => body === undefined || bodyBase64 === undefined, {
    error: "must have one of body and bodyBase64",
  });

export type Sample = z.output<typeof sampleSchema>;

/** The message as the router would have it. */
export function toRouted(table: string, sample: Sample, index: number): RoutedMessage {
  const { inbound, address, headers, body, bodyBase64 } = sample;
  const text = typeof body === "string" ? body : undefined;
  const isJson = body !== undefined && text === undefined;
  const contentType = sample.contentType ?? (isJson ? "application/json" : undefined);
  return {
    pass: {
      logicalId: `sample-${index}`,
      replay: 0,
      table,
      inbound,
      hop: 0,
      headers,
      ...(address === undefined ? {} : { address }),
    },
    body:
      bodyBase64 === undefined
        ? Buffer.from(isJson ? JSON.stringify(body) : (text ?? ""))
        : Buffer.from(bodyBase64, "base64"),
    contentType,
  };
}
