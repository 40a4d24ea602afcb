metadata description = 'What somebody may receive and send on the bus, entity by entity: nobody gets a right on the whole namespace unless sendAnywhere says so.'

import { principalType, subscriptionType } from 'types.bicep'

@description('The name of the namespace.')
param namespaceName string

@description('Who gets the rights.')
param principal principalType

@description('The queues that it may receive from.')
param receiveQueues string[] = []

@description('The subscriptions that it may receive from.')
param receiveSubscriptions subscriptionType[] = []

@description('The topics on all of whose subscriptions it may receive.')
param receiveTopics string[] = []

@description('The queues that it may send to.')
param sendQueues string[] = []

@description('The topics that it may send to.')
param sendTopics string[] = []

@description('Whether it may send to every entity; then the lists of what it may send to are not needed.')
param sendAnywhere bool = false

// Azure Service Bus Data Receiver, and Azure Service Bus Data Sender.
var receiverRoleId = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
)
var senderRoleId = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
)

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource receivedQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for name in receiveQueues: {
    parent: namespace
    name: name
  }
]

resource queueReceiver 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in receiveQueues: {
    scope: receivedQueues[index]
    name: guid(receivedQueues[index].id, principal.id, receiverRoleId)
    properties: {
      principalId: principal.id
      principalType: principal.kind
      roleDefinitionId: receiverRoleId
    }
  }
]

resource subscribedTopics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = [
  for subscription in receiveSubscriptions: {
    parent: namespace
    name: subscription.topic
  }
]

resource receivedSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' existing = [
  for (subscription, index) in receiveSubscriptions: {
    parent: subscribedTopics[index]
    name: subscription.name
  }
]

resource subscriptionReceiver 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (subscription, index) in receiveSubscriptions: {
    scope: receivedSubscriptions[index]
    name: guid(receivedSubscriptions[index].id, principal.id, receiverRoleId)
    properties: {
      principalId: principal.id
      principalType: principal.kind
      roleDefinitionId: receiverRoleId
    }
  }
]

resource receivedTopics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = [
  for name in receiveTopics: {
    parent: namespace
    name: name
  }
]

resource topicReceiver 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in receiveTopics: {
    scope: receivedTopics[index]
    name: guid(receivedTopics[index].id, principal.id, receiverRoleId)
    properties: {
      principalId: principal.id
      principalType: principal.kind
      roleDefinitionId: receiverRoleId
    }
  }
]

resource sentQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for name in sendQueues: {
    parent: namespace
    name: name
  }
]

resource queueSender 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in sendQueues: {
    scope: sentQueues[index]
    name: guid(sentQueues[index].id, principal.id, senderRoleId)
    properties: {
      principalId: principal.id
      principalType: principal.kind
      roleDefinitionId: senderRoleId
    }
  }
]

resource sentTopics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = [
  for name in sendTopics: {
    parent: namespace
    name: name
  }
]

resource topicSender 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in sendTopics: {
    scope: sentTopics[index]
    name: guid(sentTopics[index].id, principal.id, senderRoleId)
    properties: {
      principalId: principal.id
      principalType: principal.kind
      roleDefinitionId: senderRoleId
    }
  }
]

resource namespaceSender 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (sendAnywhere) {
  scope: namespace
  name: guid(namespace.id, principal.id, senderRoleId)
  properties: {
    principalId: principal.id
    principalType: principal.kind
    roleDefinitionId: senderRoleId
  }
}
