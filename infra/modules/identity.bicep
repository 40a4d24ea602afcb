metadata description = 'The identity of one instance: it is who the instance is to every service.'

import { tagsType } from 'types.bicep'

@description('The region.')
param location string

@description('The tags of the identity.')
param tags tagsType

@description('The name of the identity.')
param identityName string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
  tags: tags
}

@description('The resource id of the identity.')
output identityId string = identity.id

@description('The object id, which roles are given to.')
output principalId string = identity.properties.principalId

@description('The client id, which settings name.')
output clientId string = identity.properties.clientId
