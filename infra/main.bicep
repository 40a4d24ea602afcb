metadata name = 'interrole'
metadata description = 'A fleet of role instances on Azure Functions, Service Bus and Table Storage, without a key or a connection string anywhere.'

targetScope = 'resourceGroup'

import { deployedInstanceType, instanceType, planSkuType, principalType, settingsType, tagsType } from 'modules/types.bicep'

@description('The name of this environment. Another name in the same resource group is another fleet.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('The region.')
param location string = resourceGroup().location

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
var topology = loadJsonContent('topology.json')
var token = uniqueString(resourceGroup().id, environmentName)
var allTags = union(tags, { 'azd-env-name': environmentName })

var tableNames = [
  'Counters'
  'Instances'
  'Mailboxes'
  'Operations'
  'RoutedMessages'
  'Routing'
  'Sessions'
]

// What instances receive and send beside what belongs to one of them. Nobody sends to counters: its sessions hold numbers, not messages.
var receivedQueues = [
  'counter-requests'
  'counters'
  'messages'
  'recycle-requests'
  'router-inbox'
  'router-inbox-ordered'
  'router-outbox'
  'router-outbox-ordered'
  'router-unmatched'
]
var sentQueues = [
  'counter-requests'
  'messages'
  'recycle-requests'
  'rejected'
  'replies'
  'router-inbox'
  'router-inbox-ordered'
  'router-outbox'
  'router-outbox-ordered'
  'router-unmatched'
]
var sentTopics = [
  'control'
  'presence'
]
// What workflows send.
var requestQueues = [
  'counter-requests'
  'messages'
  'recycle-requests'
  'router-inbox'
  'router-inbox-ordered'
]
// A reader of counters could lock a counter out: that is for instances alone.
var readableQueues = filter(objectKeys(topology.queues), name => name != 'counters')

// An instance tells others through their queues, so each of them sends to the queue of each.
var instanceQueues = flatten(map(
  instances,
  instance => map(items(topology.perInstanceQueues), queue => replace(queue.key, '{instance}', instance.id))
))

// An id may hold what a host name may not; then what follows keeps two ids apart.
var appLabels = [for instance in instances: take(replace(replace(toLower(instance.id), '.', '-'), '_', '-'), 30)]
var appTokens = [for instance in instances: uniqueString(resourceGroup().id, environmentName, instance.id)]
var planNumbers = [for (instance, index) in instances: instance.?plan ?? index / appsPerPlan]

module monitoring 'modules/monitoring.bicep' = {
  params: {
    location: location
    tags: allTags
    workspaceName: '${abbreviations.logAnalyticsWorkspace}${token}'
    insightsName: '${abbreviations.applicationInsights}${token}'
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    location: location
    tags: allTags
    accountName: '${abbreviations.storageAccount}${token}'
    replication: storageReplication
    tableNames: tableNames
    workspaceId: monitoring.outputs.workspaceId
  }
}

module keyVault 'modules/key-vault.bicep' = {
  params: {
    location: location
    tags: allTags
    vaultName: '${abbreviations.keyVault}${token}'
    workspaceId: monitoring.outputs.workspaceId
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  params: {
    location: location
    tags: allTags
    namespaceName: '${abbreviations.serviceBusNamespace}${token}'
    tier: serviceBusTier
    messagingUnits: messagingUnits
    feedQueues: createFeeds ? feedQueues : []
    feedTopics: createFeeds ? feedTopics : []
    workspaceId: monitoring.outputs.workspaceId
  }
}

module instanceBus 'modules/instance-bus.bicep' = [
  for instance in instances: {
    params: {
      namespaceName: serviceBus.outputs.namespaceName
      instance: instance
    }
  }
]

module identities 'modules/identity.bicep' = [
  for (instance, index) in instances: {
    params: {
      location: location
      tags: allTags
      identityName: '${abbreviations.userAssignedIdentity}${appLabels[index]}-${appTokens[index]}'
    }
  }
]

module busRoles 'modules/bus-roles.bicep' = [
  for (instance, index) in instances: {
    params: {
      namespaceName: serviceBus.outputs.namespaceName
      principal: {
        id: identities[index].outputs.principalId
        kind: 'ServicePrincipal'
      }
      receiveQueues: concat(
        receivedQueues,
        map(items(topology.perInstanceQueues), queue => replace(queue.key, '{instance}', instance.id))
      )
      receiveSubscriptions: map(items(topology.topics), topic => { topic: topic.key, name: instance.id })
      sendQueues: sendRights == 'entity' ? concat(sentQueues, instanceQueues, feedQueues) : []
      sendTopics: sendRights == 'entity' ? concat(sentTopics, feedTopics) : []
      sendAnywhere: sendRights == 'namespace'
    }
    dependsOn: [
      instanceBus
    ]
  }
]

module appRoles 'modules/app-roles.bicep' = [
  for (instance, index) in instances: {
    params: {
      principalId: identities[index].outputs.principalId
      storageAccountName: storage.outputs.accountName
      insightsName: monitoring.outputs.insightsName
      vaultName: keyVault.outputs.vaultName
      secretName: keyVault.outputs.secretName
    }
  }
]

module restartRole 'modules/restart-role.bicep' = if (recycleMode == 'restart-app') {
  params: {
    token: token
  }
}

module plans 'modules/plans.bicep' = {
  params: {
    location: location
    tags: allTags
    planNamePrefix: '${abbreviations.appServicePlan}${token}'
    sku: planSku
    count: max(planNumbers) + 1
  }
}

// After its rights: an app that starts without them waits for the platform to look again, a secret for up to a day.
module apps 'modules/function-app.bicep' = [
  for (instance, index) in instances: {
    params: {
      location: location
      tags: allTags
      appName: '${abbreviations.functionApp}${appLabels[index]}-${appTokens[index]}'
      hostId: appTokens[index]
      instance: instance
      planId: plans.outputs.planIds[planNumbers[index]]
      isElastic: startsWith(planSku, 'EP')
      nodeVersion: nodeVersion
      identityId: identities[index].outputs.identityId
      principalId: identities[index].outputs.principalId
      clientId: identities[index].outputs.clientId
      serviceBusHostName: serviceBus.outputs.hostName
      tableEndpoint: storage.outputs.tableEndpoint
      blobEndpoint: storage.outputs.blobEndpoint
      queueEndpoint: storage.outputs.queueEndpoint
      insightsName: monitoring.outputs.insightsName
      secretUri: keyVault.outputs.secretUri
      runFromPackage: empty(packageUrl) ? '1' : packageUrl
      recycleMode: recycleMode
      restartRoleId: recycleMode == 'restart-app' ? restartRole!.outputs.roleId : ''
      settings: settings
      allowedOrigins: allowedOrigins
      workspaceId: monitoring.outputs.workspaceId
    }
    dependsOn: [
      appRoles
      busRoles
    ]
  }
]

module workflowRoles 'modules/bus-roles.bicep' = [
  for workflow in workflows: {
    params: {
      namespaceName: serviceBus.outputs.namespaceName
      principal: workflow
      receiveQueues: [
        'replies'
      ]
      sendQueues: requestQueues
    }
  }
]

module operatorRoles 'modules/bus-roles.bicep' = [
  for operator in operators: {
    params: {
      namespaceName: serviceBus.outputs.namespaceName
      principal: operator
      receiveQueues: concat(readableQueues, instanceQueues)
      receiveTopics: sentTopics
      sendQueues: concat(requestQueues, instanceQueues)
    }
    dependsOn: [
      instanceBus
    ]
  }
]

module alerts 'modules/alerts.bicep' = {
  params: {
    location: location
    tags: allTags
    token: token
    actionGroupName: '${abbreviations.actionGroup}${token}'
    emails: alertEmails
    namespaceId: serviceBus.outputs.namespaceId
    workspaceId: monitoring.outputs.workspaceId
    appIds: [for (instance, index) in instances: apps[index].outputs.appId]
    instanceIds: [for instance in instances: instance.id]
  }
}

@description('The instances with their apps and addresses.')
output instances deployedInstanceType[] = [
  for (instance, index) in instances: {
    id: instance.id
    role: instance.role
    appName: apps[index].outputs.appName
    url: apps[index].outputs.url
  }
]

@description('The name of the Service Bus namespace.')
output serviceBusNamespace string = serviceBus.outputs.namespaceName

@description('The host name of the Service Bus namespace, which clients connect to.')
output serviceBusHostName string = serviceBus.outputs.hostName

@description('The name of the storage account.')
output storageAccount string = storage.outputs.accountName

@description('The endpoint of the tables.')
output tableEndpoint string = storage.outputs.tableEndpoint

@description('The name of the key vault.')
output keyVault string = keyVault.outputs.vaultName

@description('The name of the Log Analytics workspace.')
output logAnalyticsWorkspace string = monitoring.outputs.workspaceName

@description('The name of the Application Insights component.')
output applicationInsights string = monitoring.outputs.insightsName
