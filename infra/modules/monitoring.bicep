metadata description = 'Where logs and metrics go: a Log Analytics workspace, and Application Insights on top of it. Both take Entra tokens only.'

import { tagsType } from 'types.bicep'

@description('The region.')
param location string

@description('The tags of every resource.')
param tags tagsType

@description('The name of the workspace.')
param workspaceName string

@description('The name of the Application Insights component.')
param insightsName string

@description('For how many days logs are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('How many gigabytes of logs a day are taken in at most; -1 for no limit.')
@minValue(-1)
param dailyQuotaGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    workspaceCapping: {
      dailyQuotaGb: dailyQuotaGb
    }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

@description('The resource id of the workspace.')
output workspaceId string = workspace.id

@description('The name of the workspace.')
output workspaceName string = workspace.name

@description('The name of the Application Insights component.')
output insightsName string = insights.name
