metadata description = 'The alerts, and whom they tell: dead letters, messages for people, throttling, lost and unhealthy instances. docs/operations.md says what to do.'

import { tagsType } from 'types.bicep'

@description('The region.')
param location string

@description('The tags of every resource.')
param tags tagsType

@description('The end of the names of the alerts.')
param token string

@description('The name of the action group.')
param actionGroupName string

@description('The e-mail addresses that are told.')
param emails string[]

@description('The resource id of the Service Bus namespace.')
param namespaceId string

@description('The resource id of the workspace that the apps log to.')
param workspaceId string

@description('The resource ids of the apps.')
param appIds string[]

@description('The ids of the instances, in the order of the apps.')
param instanceIds string[]

var lostQuery = '''
AppTraces
| where Message has "instance.lost"
| extend entry = parse_json(Message)
| where tostring(entry.event) == "instance.lost"
| extend lost = tostring(entry.lost)
| project TimeGenerated, lost
'''

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'interrole'
    emailReceivers: [
      for email in emails: {
        name: email
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'dead-letters-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'A queue or topic holds dead letters.'
    enabled: true
    severity: 2
    scopes: [
      namespaceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead-letters'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            {
              name: 'EntityName'
              operator: 'Include'
              values: [
                '*'
              ]
            }
          ]
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroup.id
      }
    ]
  }
}

resource forPeople 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'rejected-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages wait for people: refused ones on rejected, ones that no rule matched on router-unmatched.'
    enabled: true
    severity: 3
    scopes: [
      namespaceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'waiting'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'ActiveMessages'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            {
              name: 'EntityName'
              operator: 'Include'
              values: [
                'rejected'
                'router-unmatched'
              ]
            }
          ]
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroup.id
      }
    ]
  }
}

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'throttled-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Service Bus refuses requests because there are too many.'
    enabled: true
    severity: 2
    scopes: [
      namespaceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'throttled'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'ThrottledRequests'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroup.id
      }
    ]
  }
}

resource lostInstances 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'lost-instances-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'An instance is lost'
    description: 'Another instance has seen it stop its heartbeats.'
    enabled: true
    severity: 1
    scopes: [
      workspaceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: true
    // Nothing has been logged yet when the first deployment makes it.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: lostQuery
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            {
              name: 'lost'
              operator: 'Include'
              values: [
                '*'
              ]
            }
          ]
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroup.id
      ]
    }
  }
}

resource unhealthy 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for (appId, index) in appIds: {
    name: 'unhealthy-${instanceIds[index]}-${token}'
    location: 'global'
    tags: tags
    properties: {
      description: 'The instance ${instanceIds[index]} was not ready for most of a quarter of an hour.'
      enabled: true
      severity: 1
      scopes: [
        appId
      ]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'unhealthy'
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: 'Microsoft.Web/sites'
            metricName: 'HealthCheckStatus'
            timeAggregation: 'Average'
            operator: 'LessThan'
            threshold: 50
          }
        ]
      }
      actions: [
        {
          actionGroupId: actionGroup.id
        }
      ]
    }
  }
]
