metadata description = 'A role with one right: to restart an app. Every built-in role that holds it holds far more.'

@description('What makes the name of the role unique in the directory.')
param token string

var groupId = resourceGroup().id

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(groupId, 'restart-app')
  properties: {
    roleName: 'interrole: restart an app (${token})'
    description: 'May restart a function app, and nothing else.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.Web/sites/restart/action'
        ]
      }
    ]
    assignableScopes: [
      groupId
    ]
  }
}

@description('The resource id of the role.')
output roleId string = role.id
