import { ServiceBusAdministrationClient } from "@azure/service-bus";
import type { Connection } from "../kernel/config.ts";
import { appCredential } from "../kernel/credential.ts";

/** Makes a client that creates and describes entities. Its calls need the right to manage. */
export function administerBus(connection: Connection): ServiceBusAdministrationClient {
  if ("host" in connection)
    return new ServiceBusAdministrationClient(connection.host, appCredential(connection.clientId));
  const client = new ServiceBusAdministrationClient(connection.connectionString);
  if (/UseDevelopmentEmulator=true/i.test(connection.connectionString)) {
    // An emulator speaks HTTP, and this version of the SDK knows only HTTPS.
    client.pipeline.addPolicy({
      name: "plain-http-for-the-emulator",
      sendRequest(request, next) {
        request.url = request.url.replace(/^https:/, "http:");
        request.allowInsecureConnection = true;
        return next(request);
      },
    });
  }
  return client;
}
