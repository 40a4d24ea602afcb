metadata description = 'The App Service plans. Each is one machine and never more, so that every app on it has exactly one worker.'

import { planSkuType, tagsType } from 'types.bicep'

@description('The region.')
param location string

@description('The tags of every resource.')
param tags tagsType

@description('The beginning of the names of the plans; a number follows.')
param planNamePrefix string

@description('The size of the machines.')
param sku planSkuType

@description('How many plans there are.')
@minValue(1)
param count int

var isElastic = startsWith(sku, 'EP')

// Neither autoscale nor elastic scale may ever be added: a second machine would be a second process of every instance.
resource plans 'Microsoft.Web/serverfarms@2024-11-01' = [
  for number in range(0, count): {
    name: '${planNamePrefix}-${number}'
    location: location
    tags: tags
    kind: isElastic ? 'elastic' : 'linux'
    sku: {
      name: sku
      capacity: 1
    }
    properties: {
      reserved: true
      elasticScaleEnabled: isElastic
      maximumElasticWorkerCount: isElastic ? 1 : null
    }
  }
]

@description('The resource ids of the plans.')
output planIds string[] = [for number in range(0, count): plans[number].id]
