using '../../main.bicep'

// The plan that grows by itself, so that npm run infra:check sees what holds it to one machine. Nobody deploys this.
param environmentName = 'elastic'
param location = 'westeurope'
param planSku = 'EP1'
param instances = [{ id: 'web-0', role: 'web' }]
