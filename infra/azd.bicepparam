using 'azd.bicep'

// For azd. What is not given here has its default; the instances are those of instances.json.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
