metadata description = 'The storage account: the tables of the fleet, and the blobs in which the Functions host keeps its leases and keys.'

import { tagsType } from 'types.bicep'

@description('The region.')
param location string

@description('The tags of every resource.')
param tags tagsType

@description('The name of the account.')
@minLength(3)
@maxLength(24)
param accountName string

@description('How the data is replicated.')
param replication 'Standard_GRS' | 'Standard_GZRS' | 'Standard_LRS' | 'Standard_ZRS'

@description('The names of the tables.')
param tableNames string[]

@description('The workspace that metrics go to.')
param workspaceId string

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: replication
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: 'Enabled'
    supportsHttpsTrafficOnly: true
  }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = [
  for name in tableNames: {
    parent: tableService
    name: name
  }
]

// Metrics alone: a log line for each of some million table calls a day would cost more than the calls.
resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: tableService
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

@description('The name of the account.')
output accountName string = account.name

@description('The endpoint of the tables, without a slash at its end.')
output tableEndpoint string = 'https://${account.name}.table.${environment().suffixes.storage}'

@description('The endpoint of the blobs, without a slash at its end.')
output blobEndpoint string = 'https://${account.name}.blob.${environment().suffixes.storage}'

@description('The endpoint of the queues, without a slash at its end.')
output queueEndpoint string = 'https://${account.name}.queue.${environment().suffixes.storage}'
