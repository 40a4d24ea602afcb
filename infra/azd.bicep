metadata name = 'interrole'
metadata description = 'What azd deploys: a resource group, and main.bicep in it. The parameters are those of main.bicep; a test holds them against it.'

targetScope = 'subscription'

import { deployedInstanceType, instanceType, planSkuType, principalType, settingsType, tagsType } from 'modules/types.bicep'

@description('The name of this environment. Another name in the same resource group is another fleet.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('The region.')
param location string

@description('The instances: one function app each. Every instance of a role does the same work.')
@minLength(1)
@maxLength(100)
param instances instanceType[] = loadJsonContent('instances.json')

@description('The size of the machines that the apps run on. Elastic Premium (EP) needs packageUrl. Consumption, Flex Consumption and Container Apps do not fit: docs/deploy.md says why.')
param planSku planSkuType = 'B1'

@description('How many apps share a plan, and so a machine. 1 gives each a machine of its own.')
@minValue(1)
@maxValue(30)
param appsPerPlan int = 3

@description('The version of Node.')
param nodeVersion '22' | '24' = '22'

@description('The tier of Service Bus. Basic has neither topics nor sessions.')
param serviceBusTier 'Premium' | 'Standard' = 'Standard'

@description('How many messaging units; Premium only.')
@allowed([
  1
  2
  4
  8
  16
])
param messagingUnits int = 1

@description('How the tables are replicated.')
param storageReplication 'Standard_GRS' | 'Standard_GZRS' | 'Standard_LRS' | 'Standard_ZRS' = 'Standard_LRS'

@description('Origins whose pages may call the apps from a browser, such as https://example.com; none by default.')
param allowedOrigins string[] = []

@description('Further app settings of every instance: those of the README that have a default. What this template sets itself cannot be changed here.')
param settings settingsType = {}

@description('What recycling does: end the worker, restart the app through Resource Manager (which a role of its own allows), or only say so in the log.')
param recycleMode 'end-worker' | 'log-only' | 'restart-app' = 'end-worker'

@description('The URL of a package that every app runs from. Empty: each app runs from what is deployed to it, which Elastic Premium cannot without a file share.')
param packageUrl string = ''

@description('Where instances may send: to each entity that they use, or anywhere in the namespace. Above 40 instances the first takes more role assignments than a subscription has.')
param sendRights 'entity' | 'namespace' = 'entity'

@description('Queues of this namespace that routing tables may name as queue:NAME.')
param feedQueues string[] = []

@description('Topics of this namespace that routing tables may name as topic:NAME.')
param feedTopics string[] = []

@description('Whether feedQueues and feedTopics are made here. If not, they must be there already.')
param createFeeds bool = true

@description('Who may send requests to the fleet, and read the replies: the identities of workflows.')
param workflows principalType[] = []

@description('Who may read dead letters, refused and unmatched messages, and send them again.')
param operators principalType[] = []

@description('The e-mail addresses that alerts go to. Without any, alerts show in the portal alone.')
param alertEmails string[] = []

@description('For how many days logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('How many gigabytes of logs a day are taken in at most; -1 for no limit.')
@minValue(-1)
param logDailyQuotaGb int = -1

@description('Tags for every resource.')
param tags tagsType = {}

var abbreviations = loadJsonContent('abbreviations.json')

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  tags: union(tags, { 'azd-env-name': environmentName })
}

module fleet 'main.bicep' = {
  scope: group
  params: {
    environmentName: environmentName
    location: location
    instances: instances
    planSku: planSku
    appsPerPlan: appsPerPlan
    nodeVersion: nodeVersion
    serviceBusTier: serviceBusTier
    messagingUnits: messagingUnits
    storageReplication: storageReplication
    allowedOrigins: allowedOrigins
    settings: settings
    recycleMode: recycleMode
    packageUrl: packageUrl
    sendRights: sendRights
    feedQueues: feedQueues
    feedTopics: feedTopics
    createFeeds: createFeeds
    workflows: workflows
    operators: operators
    alertEmails: alertEmails
    logRetentionDays: logRetentionDays
    logDailyQuotaGb: logDailyQuotaGb
    tags: tags
  }
}

@description('The name of the resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The instances with their apps and addresses, which the package is then deployed to.')
output INTERROLE_INSTANCES deployedInstanceType[] = fleet.outputs.instances

@description('The URL that the apps run from; empty if the package is deployed to each.')
output INTERROLE_PACKAGE_URL string = packageUrl

@description('The host name of the Service Bus namespace, which clients connect to.')
output INTERROLE_SERVICE_BUS string = fleet.outputs.serviceBusHostName

@description('The endpoint of the tables.')
output INTERROLE_TABLES string = fleet.outputs.tableEndpoint

@description('The name of the key vault.')
output INTERROLE_KEY_VAULT string = fleet.outputs.keyVault
