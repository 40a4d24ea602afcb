using 'main.bicep'

// For az deployment group create, and for the snapshot. What is not given here has its default; the instances are those of instances.json.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
