metadata description = 'What one instance has on the bus for itself: its queue, and a subscription on every topic.'

import { instanceType } from 'types.bicep'

@description('The name of the namespace.')
param namespaceName string

@description('The instance.')
param instance instanceType

var topology = loadJsonContent('../topology.json')

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in items(topology.perInstanceQueues): {
    parent: namespace
    name: replace(queue.key, '{instance}', instance.id)
    properties: {
      lockDuration: queue.value.lockDuration
      maxDeliveryCount: queue.value.maxDeliveryCount
      defaultMessageTimeToLive: queue.value.defaultMessageTimeToLive
      deadLetteringOnMessageExpiration: queue.value.deadLetteringOnMessageExpiration
      requiresSession: queue.value.requiresSession
    }
  }
]

module subscriptions 'subscription.bicep' = [
  for topic in items(topology.topics): {
    params: {
      namespaceName: namespaceName
      topicName: topic.key
      instance: instance
      settings: topic.value.perInstanceSubscription
    }
  }
]
