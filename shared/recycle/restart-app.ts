import type { TokenCredential } from "@azure/identity";
import type { RestartApp } from "./act.ts";

/** Azure Resource Manager, and the version of Microsoft.Web that is spoken to. */
const managementEndpoint = "https://management.azure.com";
const apiVersion = "2024-11-01";
const requestTimeoutMs = 30_000;

/**
 * Restarts this function app through Azure's management API. The app's identity needs the one action
 * `Microsoft.Web/sites/restart/action` on itself.
 */
export function restartThroughManagement(
  siteResourceId: string,
  credential: TokenCredential,
  endpoint: string = managementEndpoint,
): RestartApp {
  return async () => {
    const token = await credential.getToken(`${endpoint}/.default`);
    const url = `${endpoint}${siteResourceId}/restart?softRestart=false&api-version=${apiVersion}`;
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token?.token ?? ""}` },
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (!response.ok)
      throw new Error(`Azure answered ${response.status} to the restart of ${siteResourceId}`);
  };
}
