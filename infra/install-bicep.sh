#!/usr/bin/env sh
# Installs the Bicep CLI on Linux as https://learn.microsoft.com/azure/azure-resource-manager/bicep/install says, in a version that is
# pinned, since its templates and its format differ by version. Prints the folder to put on the PATH.
set -eu
version=v0.48.1
case "$(uname -m)" in
  x86_64) file=bicep-linux-x64 sum=b09ec25a9d376c1f8e33ede6ed22b587f915ad68488d5db77a6f9541748c7f6e ;;
  aarch64) file=bicep-linux-arm64 sum=9cbf6a211137e894a863fbc842e355c2197fc2124a7bda902afe1bceffa35245 ;;
  *) echo "There is no Bicep CLI for $(uname -m) here" >&2 && exit 1 ;;
esac
folder="${1:-$HOME/.bicep}"
mkdir -p "$folder"
curl -fsSL --retry 3 -o "$folder/bicep" "https://github.com/Azure/bicep/releases/download/$version/$file"
echo "$sum  $folder/bicep" | sha256sum --check --status
chmod +x "$folder/bicep"
echo "$folder"
