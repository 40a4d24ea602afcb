import type { Configuration } from "./configuration.ts";
import { integer, readSection } from "./section.ts";
import { type ServiceBusOptions, readServiceBusOptions } from "./service-bus-options.ts";
import { SettingsError } from "./settings-error.ts";
import { parseTimeSpan } from "./time-span.ts";
import { z } from "zod";

/** `extensions.http` of host.json. */
export interface HttpOptions {
  /** What stands before every route, without slashes at its ends; empty for none. */
  readonly routePrefix: string;
  /** Requests at a time, waiting ones included; `Infinity` for no limit. */
  readonly maxOutstandingRequests: number;
}

/** What this host uses of host.json. */
export interface HostJson {
  /** How long a function may run; `Infinity` for no limit. */
  readonly functionTimeoutMs: number;
  /** The names of the only functions to run; undefined for all. */
  readonly functions?: readonly string[];
  readonly http: HttpOptions;
  readonly serviceBus: ServiceBusOptions;
  /** `logging.logLevel`: a category or a prefix of categories, in lower case, to a level in lower case. */
  readonly logLevels: ReadonlyMap<string, string>;
}

const defaultTimeoutMs = 30 * 60_000;
const supportedVersion = "2.0";
const noLimit = "-1";

const timeout = z.string().transform((text, context) => {
  if (text.trim() === noLimit) return Number.POSITIVE_INFINITY;
  const milliseconds = parseTimeSpan(text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  context.addIssue("must be a duration such as 00:05:00, or -1 for no limit");
  return z.NEVER;
});

const countOrNoLimit = z.union([z.literal(noLimit).transform(() => Number.POSITIVE_INFINITY), integer(1)]);

/** Reads host.json, with the overrides that settings named `AzureFunctionsJobHost__…` make already laid over it. */
export function readHostJson(configuration: Configuration): HostJson {
  const { version } = readSection(configuration, "", { version: z.string().optional() });
  if (version !== supportedVersion) {
    throw new SettingsError(
      `host.json: version is ${version === undefined ? "missing" : `'${version}'`}, but must be '${supportedVersion}'.`,
    );
  }
  const { functionTimeout } = readSection(configuration, "", {
    functionTimeout: timeout.default(defaultTimeoutMs),
  });
  const http = readSection(configuration, "extensions:http", {
    routePrefix: z.string().default("api"),
    maxOutstandingRequests: countOrNoLimit.default(Number.POSITIVE_INFINITY),
  });
  const functions = [...configuration.section("functions").values()];
  return {
    functionTimeoutMs: functionTimeout,
    ...(functions.length === 0 ? {} : { functions }),
    http: { ...http, routePrefix: http.routePrefix.replace(/^\/+|\/+$/g, "") },
    serviceBus: readServiceBusOptions(configuration),
    logLevels: new Map(
      [...configuration.section("logging:logLevel")].map(([category, level]) => [
        category,
        level.toLowerCase(),
      ]),
    ),
  };
}
