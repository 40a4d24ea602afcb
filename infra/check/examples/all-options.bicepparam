using '../../main.bicep'

// What the defaults leave out, so that npm run infra:check sees it deployed too. Nobody deploys this.
param environmentName = 'everything'
param location = 'westeurope'
param instances = [
  { id: 'Web.0', role: 'web', url: 'https://web.example' }
  { id: 'web_0', role: 'web', plan: 1 }
]
param serviceBusTier = 'Premium'
param recycleMode = 'restart-app'
param packageUrl = 'https://packages.example/interrole.zip'
param sendRights = 'namespace'
param allowedOrigins = ['https://pages.example']
param settings = { HEARTBEAT_MS: '10000' }
param feedQueues = ['orders']
param feedTopics = ['news']
param workflows = [{ id: '00000000-0000-4000-8000-000000000001', kind: 'ServicePrincipal' }]
param operators = [{ id: '00000000-0000-4000-8000-000000000002', kind: 'Group' }]
param alertEmails = ['on-call@example.com']
