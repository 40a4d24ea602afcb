import { objectType, textType, type PropertyType, type SchemaType } from "../types/schema-type.ts";
import { builtIn, ofTexts, type BuiltIn } from "./built-in.ts";
import { fromJson, unknownValue } from "./value.ts";

const maxArgs = Infinity;

/** Where the resource group of a deployment is, as far as ids go. */
export const groupId = "/subscriptions/‹subscription›/resourceGroups/‹group›";

/** Functions that speak of the deployment and of resources. */
export const azureFunctions: Readonly<Record<string, BuiltIn>> = {
  resourceGroup: builtIn(0, 2, undefined, () =>
    unknownValue(
      "resourceGroup()",
      ofNames("id", "name", "location", "type", "managedBy", "tags", "properties"),
    ),
  ),
  subscription: builtIn(0, 1, undefined, () =>
    unknownValue(
      "subscription()",
      ofNames("id", "subscriptionId", "tenantId", "displayName", "authorizationSource"),
    ),
  ),
  tenant: builtIn(0, 0, undefined, () =>
    unknownValue("tenant()", ofNames("tenantId", "displayName", "country", "countryCode", "defaultDomain")),
  ),
  deployer: builtIn(0, 0, undefined, () =>
    unknownValue("deployer()", ofNames("objectId", "tenantId", "userPrincipalName")),
  ),
  deployment: builtIn(0, 0, undefined, () =>
    unknownValue("deployment()", ofNames("name", "id", "location", "properties", "metadata")),
  ),
  managementGroup: builtIn(0, 1, objectType),
  environment: builtIn(0, 0, objectType, (_, { at }) => fromJson(publicCloud, at)),
  resourceId: builtIn(
    2,
    maxArgs,
    textType,
    ofTexts((...texts) => toId(groupId, texts)),
  ),
  subscriptionResourceId: builtIn(
    2,
    maxArgs,
    textType,
    ofTexts((...texts) => toId("/subscriptions/‹subscription›", texts)),
  ),
  tenantResourceId: builtIn(
    2,
    maxArgs,
    textType,
    ofTexts((...texts) => toId("", texts)),
  ),
  extensionResourceId: builtIn(
    3,
    maxArgs,
    textType,
    ofTexts((on, ...texts) => toId(on, texts)),
  ),
  managementGroupResourceId: builtIn(2, maxArgs, textType),
  reference: builtIn(1, 3),
  providers: builtIn(1, 2),
  pickZones: builtIn(3, 5),
  toLogicalZone: builtIn(3, 3, textType),
  toLogicalZones: builtIn(3, 3),
  toPhysicalZone: builtIn(3, 3, textType),
  toPhysicalZones: builtIn(3, 3),
  roleDefinitions: builtIn(1, 1),
  listKeys: builtIn(2, 3),
  listSecrets: builtIn(2, 3),
  listAccountSas: builtIn(3, 3),
  listServiceSas: builtIn(3, 3),
};

/** An object with these members, whatever they are. */
function ofNames(...names: string[]): SchemaType {
  const plural = new Set(["tags", "properties", "metadata"]);
  const entries = names.map((name): [string, PropertyType] => [
    name,
    { type: plural.has(name) ? objectType : textType, required: true, readOnly: true },
  ]);
  return { kind: "object", name: "object", properties: new Map(entries), others: undefined };
}

/** `a/b/c` and two names make `a/b/name1/c/name2`; before the type there may be a subscription and a group. */
function toId(scope: string, texts: readonly string[]): string {
  const from = texts.findIndex((text) => text.includes("/"));
  const [type = "", ...names] = texts.slice(Math.max(0, from));
  return `${scope}/providers/${withNames(type, names.join("/"))}`;
}

/** The path of a resource in its provider, from its type and its full name. */
export function withNames(type: string, name: string): string {
  const [provider = "", ...segments] = type.split("/");
  const names = name.split("/");
  return [provider, ...segments.map((segment, index) => `${segment}/${names[index] ?? "?"}`)].join("/");
}

/** `environment()` in the public cloud. */
const publicCloud = {
  name: "AzureCloud",
  gallery: "https://gallery.azure.com/",
  graph: "https://graph.windows.net/",
  graphAudience: "https://graph.windows.net/",
  portal: "https://portal.azure.com",
  resourceManager: "https://management.azure.com/",
  sqlManagement: "https://management.core.windows.net:8443/",
  vmImageAliasDoc:
    "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
  batch: "https://batch.core.windows.net/",
  media: "https://rest.media.azure.net",
  activeDirectoryDataLake: "https://datalake.azure.net/",
  authentication: {
    loginEndpoint: "https://login.microsoftonline.com/",
    audiences: ["https://management.core.windows.net/", "https://management.azure.com/"],
    tenant: "common",
    identityProvider: "AAD",
  },
  suffixes: {
    acrLoginServer: ".azurecr.io",
    azureDatalakeAnalyticsCatalogAndJob: "azuredatalakeanalytics.net",
    azureDatalakeStoreFileSystem: "azuredatalakestore.net",
    azureFrontDoorEndpointSuffix: "azurefd.net",
    keyvaultDns: ".vault.azure.net",
    sqlServerHostname: ".database.windows.net",
    storage: "core.windows.net",
  },
};
