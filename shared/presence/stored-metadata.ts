import { z } from "zod";

/** What a session says of itself, as rows hold it: JSON text. */
export const storedMetadata = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.record(z.string(), z.unknown()));
