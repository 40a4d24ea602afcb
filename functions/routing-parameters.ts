import type { HttpRequest } from "@azure/functions";
import { z } from "zod";
import { Problem } from "../shared/kernel/problem.ts";
import { parseValue } from "../shared/kernel/parse.ts";
import { repositoryLimits as limits } from "../shared/routing/repository/limits.ts";
import { tableNameSchema } from "../shared/routing/table.ts";
import { readBytes } from "./read-body.ts";

/** Who asks when the request does not say, and what they say to it. */
export const whoSchema = z.object({
  from: z.string().min(1).max(128).default("http"),
  comment: z.string().max(limits.maxCommentLength).default(""),
});

/** The table that a route names. */
export function nameOfTable({ params }: HttpRequest): string {
  return parseValue(tableNameSchema, params["table"] ?? "", "name of the table");
}

/** Reads the text of a table, JSON or XML. Throws Problem. */
export async function readTableText(request: HttpRequest): Promise<string> {
  const type = request.headers.get("content-type") ?? "";
  // curl --data-binary sends a form's type unless told otherwise.
  if (type !== "" && !/json|xml|x-www-form-urlencoded|text\/plain|octet-stream/i.test(type)) {
    throw new Problem(
      "unsupported-media-type",
      `The body's type is ${type}; send application/json or application/xml`,
    );
  }
  const bytes = await readBytes(request, limits.maxTableBytes);
  return bytes.toString("utf8");
}
