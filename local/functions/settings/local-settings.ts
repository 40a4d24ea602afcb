import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "./json-file.ts";
import { SettingsError } from "./settings-error.ts";

/** What the `Host` section says about the local server. */
export interface LocalServer {
  readonly httpPort?: number;
  /** Allowed origins; empty when the section gives none. */
  readonly cors: readonly string[];
  readonly corsCredentials: boolean;
}

/** The contents of `local.settings.json`. */
export interface LocalSettings {
  readonly values: ReadonlyMap<string, string>;
  readonly connectionStrings: ReadonlyMap<string, string>;
  readonly server: LocalServer;
}

const scalar = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be a text, a number or a boolean" })
  .transform(String);

const fileSchema = z.object({
  IsEncrypted: z.boolean().optional(),
  Values: z.record(z.string(), scalar.nullable()).optional(),
  ConnectionStrings: z
    .record(
      z.string(),
      z.union(
        [z.string(), z.object({ ConnectionString: z.string() }).transform((it) => it.ConnectionString)],
        {
          error: "must be a text or an object with a ConnectionString",
        },
      ),
    )
    .optional(),
  Host: z
    .object({
      LocalHttpPort: z.coerce.number().int().min(0).max(65_535).optional(),
      CORS: z.string().optional(),
      CORSCredentials: z.boolean().optional(),
    })
    .optional(),
});

/** Reads `local.settings.json` beside the app; a missing file is an empty one. */
export function readLocalSettings(appDir: string): LocalSettings {
  const path = join(appDir, "local.settings.json");
  const parsed = fileSchema.safeParse(readJsonFile(path) ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue && issue.path.length > 0 ? issue.path.join(".") : "the file";
    throw new SettingsError(`local.settings.json: ${where} ${issue?.message ?? "is not usable"} (${path}).`);
  }
  const { IsEncrypted, Values = {}, ConnectionStrings = {}, Host = {} } = parsed.data;
  if (IsEncrypted === true) {
    throw new SettingsError(
      `local.settings.json is encrypted, and only the Core Tools on the machine that encrypted it can read it. Run 'func settings decrypt' (${path}).`,
    );
  }
  return {
    values: new Map(
      Object.entries(Values).flatMap(([name, text]) => (text === null ? [] : [[name, text] as const])),
    ),
    connectionStrings: new Map(Object.entries(ConnectionStrings)),
    server: {
      ...(Host.LocalHttpPort === undefined ? {} : { httpPort: Host.LocalHttpPort }),
      cors: (Host.CORS ?? "")
        .split(",")
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ""),
      corsCredentials: Host.CORSCredentials ?? false,
    },
  };
}
