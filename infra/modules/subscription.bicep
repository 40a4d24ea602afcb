metadata description = 'The subscription of one instance on one topic, named by its id, with its rules.'

import { instanceType, subscriptionSettingsType } from 'types.bicep'

@description('The name of the namespace.')
param namespaceName string

@description('The name of the topic.')
param topicName string

@description('The instance.')
param instance instanceType

@description('The properties of the subscription.')
param settings subscriptionSettingsType

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = {
  parent: namespace
  name: topicName
}

resource subscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = {
  parent: topic
  name: instance.id
  properties: {
    lockDuration: settings.lockDuration
    maxDeliveryCount: settings.maxDeliveryCount
    defaultMessageTimeToLive: settings.defaultMessageTimeToLive
    deadLetteringOnMessageExpiration: settings.deadLetteringOnMessageExpiration
    requiresSession: false
  }
}

// A subscription without rules keeps the one that it is made with, $Default, which lets everything through. A rule that Resource Manager
// makes takes its place. Rules save deliveries, and nothing more: instances look for themselves whether they are meant. One after the other,
// since Service Bus refuses a second change of a subscription while the first is under way.
@batchSize(1)
resource rules 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [
  for rule in items(settings.rules): {
    parent: subscription
    name: rule.key
    properties: {
      filterType: 'CorrelationFilter'
      correlationFilter: {
        properties: toObject(
          items(rule.value),
          property => property.key,
          property => replace(property.value, '{role}', instance.role)
        )
      }
    }
  }
]
