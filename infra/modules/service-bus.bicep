metadata description = 'The Service Bus namespace, and the queues and topics that all instances share: those of topology.json, and what the router feeds.'

import { tagsType } from 'types.bicep'

@description('The region.')
param location string

@description('The tags of every resource.')
param tags tagsType

@description('The name of the namespace.')
@minLength(6)
@maxLength(50)
param namespaceName string

@description('The tier.')
param tier 'Premium' | 'Standard'

@description('How many messaging units; Premium only.')
param messagingUnits int

@description('Queues to make for the router to feed, beside those of the fleet.')
param feedQueues string[]

@description('Topics to make for the router to feed, beside those of the fleet.')
param feedTopics string[]

@description('The workspace that logs and metrics go to.')
param workspaceId string

var topology = loadJsonContent('../topology.json')

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: namespaceName
  location: location
  tags: tags
  sku: {
    name: tier
    tier: tier
    capacity: tier == 'Premium' ? messagingUnits : null
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in items(topology.queues): {
    parent: namespace
    name: queue.key
    properties: {
      lockDuration: queue.value.lockDuration
      maxDeliveryCount: queue.value.maxDeliveryCount
      defaultMessageTimeToLive: queue.value.defaultMessageTimeToLive
      deadLetteringOnMessageExpiration: queue.value.deadLetteringOnMessageExpiration
      requiresSession: queue.value.requiresSession
    }
  }
]

resource topics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = [
  for topic in items(topology.topics): {
    parent: namespace
    name: topic.key
    properties: {
      defaultMessageTimeToLive: topic.value.defaultMessageTimeToLive
    }
  }
]

resource fedQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for name in feedQueues: {
    parent: namespace
    name: name
    properties: {
      lockDuration: 'PT1M'
      maxDeliveryCount: 10
      defaultMessageTimeToLive: 'P14D'
      deadLetteringOnMessageExpiration: true
    }
  }
]

resource fedTopics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = [
  for name in feedTopics: {
    parent: namespace
    name: name
    properties: {
      defaultMessageTimeToLive: 'P14D'
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('The name of the namespace.')
output namespaceName string = namespace.name

@description('The resource id of the namespace.')
output namespaceId string = namespace.id

@description('The host name of the namespace.')
output hostName string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
