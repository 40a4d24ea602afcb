metadata description = 'The function app of one instance: one worker, its own identity, its settings.'

import { instanceType, settingsType, tagsType } from 'types.bicep'

@description('The region.')
param location string

@description('The tags of every resource.')
param tags tagsType

@description('The name of the app: the first label of its host name.')
@minLength(2)
@maxLength(60)
param appName string

@description('What the Functions host calls the app where it keeps leases and keys. Two apps of one name stop each other.')
@minLength(1)
@maxLength(32)
param hostId string

@description('The instance.')
param instance instanceType

@description('The resource id of the plan.')
param planId string

@description('Whether the plan is of Elastic Premium. Then the app must be held to one worker, and runs from a URL alone.')
param isElastic bool

@description('The version of Node.')
param nodeVersion '22' | '24'

@description('The resource id of the identity.')
param identityId string

@description('The client id of the identity.')
param clientId string

@description('The host name of the Service Bus namespace.')
param serviceBusHostName string

@description('The endpoint of the tables.')
param tableEndpoint string

@description('The endpoint of the blobs.')
param blobEndpoint string

@description('The endpoint of the queues of the storage account.')
param queueEndpoint string

@description('The name of the Application Insights component.')
param insightsName string

@description('The address of the secret that session tokens are signed with.')
param secretUri string

@description('Where the package is run from: 1 for the one that was deployed to the app, or a URL.')
param runFromPackage string

@description('What recycling does.')
param recycleMode 'end-worker' | 'log-only' | 'restart-app'

@description('Further app settings, of all instances.')
param settings settingsType

@description('Origins whose pages may call the app from a browser.')
param allowedOrigins string[]

@description('The workspace that metrics go to.')
param workspaceId string

@description('The resource id of the role that lets the app restart itself; empty if recycling does not need it.')
param restartRoleId string

@description('The object id of the identity.')
param principalId string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

var ownSettings = {
  // Who this instance is.
  INSTANCE_ID: instance.id
  ROLE_NAME: instance.role
  INSTANCE_URL: instance.?url ?? ''
  // What it reaches, and as whom: the app and the Functions host alike.
  ServiceBus__fullyQualifiedNamespace: serviceBusHostName
  ServiceBus__credential: 'managedidentity'
  ServiceBus__clientId: clientId
  Tables__endpoint: tableEndpoint
  AZURE_CLIENT_ID: clientId
  SESSION_TOKEN_SECRET: '@Microsoft.KeyVault(SecretUri=${secretUri})'
  // How it recycles.
  RECYCLE_MODE: recycleMode
  SITE_RESOURCE_ID: resourceId('Microsoft.Web/sites', appName)
  // The Functions host.
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'node'
  FUNCTIONS_WORKER_PROCESS_COUNT: '1'
  FUNCTIONS_ENABLE_DRAIN_ON_APP_STOPPING: 'true'
  AzureFunctionsWebHost__hostid: hostId
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__queueServiceUri: queueEndpoint
  AzureWebJobsStorage__tableServiceUri: tableEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
  // The package comes built.
  WEBSITE_RUN_FROM_PACKAGE: runFromPackage
  SCM_DO_BUILD_DURING_DEPLOYMENT: 'false'
  ENABLE_ORYX_BUILD: 'false'
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: appName
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: planId
    reserved: true
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      linuxFxVersion: 'Node|${nodeVersion}'
      numberOfWorkers: 1
      alwaysOn: !isElastic
      functionAppScaleLimit: isElastic ? 1 : null
      minimumElasticInstanceCount: isElastic ? 1 : null
      healthCheckPath: '/api/health/ready'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      remoteDebuggingEnabled: false
      cors: {
        allowedOrigins: allowedOrigins
        supportCredentials: false
      }
      appSettings: map(items(union(settings, instance.?settings ?? {}, ownSettings)), setting => {
        name: setting.key
        value: setting.value
      })
    }
  }
}

resource ftpPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

// Metrics alone: what the app logs goes to Application Insights, and would be paid for twice.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: app
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

resource restarter 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(restartRoleId)) {
  scope: app
  name: guid(app.id, principalId, restartRoleId)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: restartRoleId
  }
}

@description('The resource id of the app.')
output appId string = app.id

@description('The name of the app.')
output appName string = app.name

@description('Where clients reach the instance.')
output url string = instance.?url ?? 'https://${app.properties.defaultHostName}'
