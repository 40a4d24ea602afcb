import { z } from "zod";

/**
 * Names of roles and instances: they become table keys, subscription names (at most 50 characters) and parts of URLs, so
 * they are letters, digits, dot, underscore and hyphen, and start and end with a letter or digit.
 */
export const nameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$/,
    "must be 1 to 40 letters, digits, '.', '_' or '-', and start and end with a letter or digit",
  );

/** The id of an operation. It is the key of a table partition, where other characters than these could be an error of the service. */
export const operationIdSchema = z
  .string()
  .regex(/^[0-9a-f]{32}$/, "must be the id of an operation: 32 hexadecimal digits");

/** The name that stands for every role. */
export const everyRole = "*";
