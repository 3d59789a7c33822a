#!/usr/bin/env bash
# Tests the extension in a real JupyterLab, in a headless Chromium. Exit code 77: parts cannot be had.
# MIDFILL: the program to test with; MIDFILL_CACHE: where JupyterLab is kept between runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${MIDFILL_CACHE:-$HOME/.cache/midfill-ci}/jupyterlab
export MIDFILL=${MIDFILL:-$(command -v midfill)}
skip() { echo "skipped: $1"; exit 77; }

command -v node >/dev/null || skip 'no Node.js'
export CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
if [ -z "$CHROMIUM" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null 2>&1 || true
  CHROMIUM=$(command -v chromium || true)
fi
[ -n "$CHROMIUM" ] || skip 'no Chromium (Debian: chromium)'

mkdir -p "$cache"
if [ ! -x "$cache/env/bin/jupyter" ]; then
  python3 -m venv "$cache/env"
  "$cache/env/bin/python" -m pip install --quiet 'jupyterlab==4.6.6' 'pygls>=2.1,<3' hatchling ||
    skip 'JupyterLab 4.6.6 cannot be installed'
fi
if [ ! -d "$cache/node_modules/playwright-core" ]; then
  (cd "$cache" && npm init -y >/dev/null && npm install --silent --no-audit playwright-core@1.65.1) ||
    skip 'playwright-core cannot be installed'
fi
"$cache/env/bin/python" -m pip install --quiet --force-reinstall --no-deps "$here"
"$cache/env/bin/jupyter" lab --version

"$cache/env/bin/python" "$here/tests/versions.py" "$MIDFILL"
NODE_PATH=$cache/node_modules node "$here/tests/lab.mjs" "$cache/env/bin/jupyter" "$MIDFILL"
