metadata description = 'What instances, people and entities look like to the other files.'

@export()
@sealed()
@description('One instance of a role. It gets a function app, an identity, a queue and subscriptions of its own.')
type instanceType = {
  @description('Its name, unique over all roles: letters, digits, dot, underscore and hyphen; begins and ends with a letter or digit.')
  @minLength(1)
  @maxLength(40)
  id: string

  @description('Which role it belongs to; the same characters.')
  @minLength(1)
  @maxLength(40)
  role: string

  @description('Where clients reach it, if not at the host name of its app: a custom domain or a gateway, beginning with https://.')
  url: string?

  @description('The number of the plan that it runs on, from 0; if left out, instances are put on plans in the order of the list.')
  @minValue(0)
  plan: int?

  @description('Further app settings of this instance alone, such as the ROUTER_TABLE of its role; they win over those of all.')
  settings: settingsType?
}

@export()
@sealed()
@description('Somebody in the directory who gets rights on data: a person, a group, or an application.')
type principalType = {
  @description('The object id.')
  @minLength(36)
  @maxLength(36)
  id: string

  @description('What it is the id of.')
  kind: 'Group' | 'ServicePrincipal' | 'User'
}

@export()
@sealed()
@description('A subscription on a topic.')
type subscriptionType = {
  @description('The name of the topic.')
  topic: string

  @description('The name of the subscription.')
  name: string
}

@export()
@sealed()
@description('An instance as it was deployed.')
type deployedInstanceType = {
  @description('Its name.')
  id: string

  @description('Its role.')
  role: string

  @description('The name of its function app.')
  appName: string

  @description('Where clients reach it.')
  url: string
}

@export()
@description('The size of the machine that a plan is: Dedicated, of the Basic or the third Premium series, or Elastic Premium.')
type planSkuType = 'B1' | 'B2' | 'B3' | 'EP1' | 'EP2' | 'EP3' | 'P0v3' | 'P1mv3' | 'P1v3' | 'P2mv3' | 'P2v3' | 'P3v3'

@export()
@description('The properties of a subscription, as topology.json gives them.')
type subscriptionSettingsType = {
  @description('How long a received message is hidden from others; ISO 8601.')
  lockDuration: string

  @description('After how many deliveries a message goes to the dead letters.')
  maxDeliveryCount: int

  @description('How long a message is kept; ISO 8601.')
  defaultMessageTimeToLive: string

  @description('Whether a message that was kept too long goes to the dead letters.')
  deadLetteringOnMessageExpiration: bool

  @description('Correlation rules by name. {role} in a value stands for the role of the instance.')
  rules: rulesType
}

@export()
@description('Correlation rules by name.')
type rulesType = {
  @description('What a message must carry.')
  *: rulePropertiesType
}

@export()
@description('Application properties, and the value that each must have.')
type rulePropertiesType = {
  @description('The value.')
  *: string
}

@export()
@description('App settings by name.')
type settingsType = {
  @description('The value.')
  *: string
}

@export()
@description('Tags by name.')
type tagsType = {
  @description('The value.')
  *: string
}
