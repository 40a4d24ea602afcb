metadata description = 'The key vault, which holds the one secret of the fleet: what session tokens are signed with.'

import { tagsType } from 'types.bicep'

@description('The region.')
param location string

@description('The tags of every resource.')
param tags tagsType

@description('The name of the vault.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('The workspace that the audit log goes to.')
param workspaceId string

@description('The value that the secret begins with: made by the first deployment, kept by every later one. Leave it at its default.')
@secure()
param firstValue string = newGuid()

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: vaultName
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: 'Enabled'
  }
}

// Without the decorator every deployment would sign out everybody who is connected.
@onlyIfNotExists()
resource sessionTokenSecret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'session-token-secret'
  tags: tags
  properties: {
    contentType: 'Signs session tokens; read by every instance as SESSION_TOKEN_SECRET.'
    value: firstValue
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

@description('The name of the vault.')
output vaultName string = vault.name

@description('The name of the secret.')
output secretName string = sessionTokenSecret.name

@description('The address of the secret without a version, so that a new version is taken up. It is not the secret.')
output secretUri string = '${vault.properties.vaultUri}secrets/${sessionTokenSecret.name}'
