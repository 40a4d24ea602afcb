import type { Configuration } from "./configuration.ts";
import { SettingsError } from "./settings-error.ts";

/** How an identity is found when a connection names a namespace and holds no key. */
export interface IdentityOptions {
  /** `managedidentity` leaves out every other kind; without it the default chain of the SDK is tried. */
  readonly credential?: "managedidentity";
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
}

/** Where a Service Bus namespace is and how to be let in. */
export type Connection =
  | { readonly kind: "string"; readonly connectionString: string }
  | {
      readonly kind: "identity";
      readonly fullyQualifiedNamespace: string;
      readonly identity: IdentityOptions;
    };

/** The name that the platform takes when a binding names no connection. */
const defaultConnection = "ServiceBus";

const redacted =
  "<< REDACTED >> (a full connection string was incorrectly used instead of a connection name)";

/** Finds a connection by the name that a binding gives, in the real host's order and with its error texts. */
export function findConnection(configuration: Configuration, given: string | undefined): Connection {
  const name = given === undefined || given === "" ? defaultConnection : given;
  const found = candidates(name).find((candidate) => configuration.has(candidate));
  if (found === undefined) {
    const shown = looksLikeConnectionString(name) ? redacted : name;
    throw new SettingsError(
      `Service Bus connection '${shown}' does not exist. Make sure that it is a defined App Setting.`,
    );
  }
  const connectionString = configuration.get(found);
  if (connectionString !== undefined && connectionString.trim() !== "") {
    return { kind: "string", connectionString };
  }
  const namespace = configuration.get(`${found}:fullyQualifiedNamespace`);
  if (namespace === undefined || namespace.trim() === "") {
    throw new SettingsError(
      `Service Bus connection '${name}': Connection should have an 'fullyQualifiedNamespace' property or be a string representing a connection string.`,
    );
  }
  return {
    kind: "identity",
    fullyQualifiedNamespace: namespace,
    identity: identityOf(configuration, name, found),
  };
}

function candidates(name: string): string[] {
  const prefixed = `AzureWebJobs${name}`;
  return [`ConnectionStrings:${name}`, name, `ConnectionStrings:${prefixed}`, prefixed];
}

function identityOf(configuration: Configuration, name: string, section: string): IdentityOptions {
  const option = (key: string): string | undefined => configuration.get(`${section}:${key}`);
  const credential = option("credential");
  if (credential !== undefined && credential.toLowerCase() !== "managedidentity") {
    throw new SettingsError(
      `Service Bus connection '${name}': '${name}__credential' is '${credential}', but this host knows only 'managedidentity'. Leave it out to use the default chain.`,
    );
  }
  const tenantId = option("tenantId");
  const clientId = option("clientId");
  const clientSecret = option("clientSecret");
  return {
    ...(credential === undefined ? {} : { credential: "managedidentity" as const }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
  };
}

// A secret given in the place of a name must not reach the log.
function looksLikeConnectionString(text: string): boolean {
  return /(^|;)\s*(Endpoint|SharedAccessKeyName|SharedAccessKey|SharedAccessSignature|EntityPath)\s*=/i.test(
    text,
  );
}
