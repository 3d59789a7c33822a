#!/usr/bin/env bash
# Checks, packages and tries the extension in a real VS Code workbench (code-server in headless
# Chromium). MIDFILL names the midfill executable. What is installed for that goes into
# MIDFILL_CACHE (about 1.1 GB), outside of the repository. Exit code 77: a part cannot be had here.
set -euo pipefail

NODE_VERSION=24.21.0
CODE_SERVER_VERSION=4.139.1

extension=$(cd "$(dirname "$0")" && pwd)
cache=${MIDFILL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/midfill-ci}/vscode
MIDFILL=$(command -v "${MIDFILL:-midfill}") || { echo 'MIDFILL must name the midfill executable' >&2; exit 2; }
export MIDFILL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache"

stage() { printf '\n== vscode: %s (%ss)\n' "$1" "$SECONDS"; }
skip() { echo "vscode: skipped: $1"; exit 77; }

# Install into a folder beside the wanted one and rename it: half an installation is none.
cached() {
  local folder=$1
  shift
  [ -e "$cache/$folder" ] && return
  rm -rf "$cache/$folder.part"
  mkdir -p "$cache/$folder.part"
  (cd "$cache/$folder.part" && "$@") >"$work/install.log" 2>&1 ||
    { tail -n 20 "$work/install.log" >&2; return 1; }
  mv "$cache/$folder.part" "$cache/$folder"
}

install_npm() { npm init -y && npm install --no-audit --no-fund "$@"; }

install_dependencies() {
  cp "$extension/package.json" "$extension/package-lock.json" .
  npm ci --no-audit --no-fund
}

# Debian's packages, where this user may install them.
has_debian_packages() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; } >"$work/apt.log" 2>&1
}

find_chromium() {
  local name
  for name in ${CHROMIUM:-} chromium chromium-browser google-chrome; do
    command -v "$name" && return
  done
  return 1
}

stage 'node'
command -v npm >/dev/null || skip 'there is no npm'
cached "node-$NODE_VERSION" install_npm "node@$NODE_VERSION" || skip "node $NODE_VERSION cannot be installed"
node_home=$(dirname "$(find "$cache/node-$NODE_VERSION" -path '*/include/node' -type d | head -n 1)")/..
node_home=$(cd "$node_home" && pwd)
# Native modules are built against this node's own headers.
export PATH=$node_home/bin:$PATH npm_config_nodedir=$node_home
node --version

stage 'dependencies'
lock=$(sha256sum "$extension/package-lock.json" | cut -c1-16)
cached "modules-$lock" install_dependencies || skip 'the packages of package-lock.json cannot be installed'
tar -C "$extension" --exclude=node_modules --exclude=dist -cf - . | tar -C "$work" -xf -
cd "$work"
ln -s "$cache/modules-$lock/node_modules" node_modules

stage 'types, lint, settings'
npm run --silent check
npm run --silent settings -- --check

stage 'unit tests'
npm run --silent test

stage 'package'
npm run --silent package >package.log || { cat package.log; exit 1; }
size=$(stat -c %s dist/midfill.vsix)
echo "dist/midfill.vsix: $size bytes of at most 1000000"
[ "$size" -lt 1000000 ]

stage 'code-server and Chromium'
CHROMIUM=$(find_chromium) || { has_debian_packages chromium fonts-dejavu-core && CHROMIUM=$(find_chromium); } ||
  skip 'there is no Chromium: install it, or name it in CHROMIUM'
if [ ! -e "$cache/code-server-$CODE_SERVER_VERSION" ]; then
  # Its module for Kerberos does not build without these headers.
  [ -e /usr/include/gssapi/gssapi.h ] || has_debian_packages libkrb5-dev || skip 'the headers of libkrb5-dev are missing'
  cached "code-server-$CODE_SERVER_VERSION" install_npm "code-server@$CODE_SERVER_VERSION" ||
    skip "code-server $CODE_SERVER_VERSION cannot be installed"
fi
npm run --silent package:proposed >package.log || { cat package.log; exit 1; }
export CHROMIUM VSIX=$work/dist/midfill.vsix PROPOSED_VSIX=$work/dist/midfill-proposed.vsix
export CODE_SERVER=$cache/code-server-$CODE_SERVER_VERSION/node_modules/code-server/out/node/entry.js

stage 'in the workbench'
npm run --silent e2e
stage 'done'
