#!/usr/bin/env bash
# Installs QGIS and what the tests need on Debian; does nothing where all is there.
set -euo pipefail

packages=(qgis python3-qgis python3-gdal python3-venv qttools5-dev-tools xvfb imagemagick xdotool
    python3-pyqt6)
missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing system packages: ${missing[*]}"
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y "${missing[@]}"
