import type { TokenCredential } from "@azure/identity";
import type { Config } from "./config.ts";

/**
 * The identity of this app: in Azure its managed identity, on a developer's machine whoever is signed in. The library is loaded with the
 * first token: it is a third of all code, and an app with connection strings never needs it.
 */
export function appCredential(clientId?: string): TokenCredential {
  let loading: Promise<TokenCredential> | undefined;
  const load = async (): Promise<TokenCredential> => {
    const { DefaultAzureCredential } = await import("@azure/identity");
    return new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {});
  };
  return {
    async getToken(scopes, options) {
      loading ??= load();
      return await (await loading).getToken(scopes, options);
    },
  };
}

/** The client id of the user-assigned identity that the app has for its services, if it has one. */
export function clientIdOf({ bus, tables }: Pick<Config, "bus" | "tables">): string | undefined {
  return [bus, tables].flatMap((connection) => ("host" in connection ? (connection.clientId ?? []) : []))[0];
}
