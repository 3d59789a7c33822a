#!/usr/bin/env bash
# Tests the package in a real Emacs, with the real server. Exit code 77: there is no Emacs here.
# MIDFILL: the program to test with.
set -euo pipefail
cd "$(dirname "$0")"
export MIDFILL=${MIDFILL:-$(command -v midfill)}
# Only where that asks nobody: a container, a build machine.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  for package in emacs-nox elpa-eglot elpa-lsp-mode; do
    dpkg -s "$package" >/dev/null 2>&1 || [ "$package" = emacs-nox ] && command -v emacs >/dev/null ||
      apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 || true
  done
fi
command -v emacs >/dev/null || { echo 'skipped: no Emacs (Debian: emacs-nox)'; exit 77; }
emacs --version | head -1

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cp -- *.el "$build"
cd "$build"
emacs -Q --batch -L . --eval '(setq byte-compile-error-on-warn t)' -f batch-byte-compile midfill*.el
for file in midfill.el midfill-[dgns]*.el; do
  problems=$(emacs -Q --batch -l checkdoc --eval "(checkdoc-file \"$file\")" 2>&1)
  [ -z "$problems" ] || { printf '%s\n' "$problems"; exit 1; }
done
# With what is installed beside Emacs: eglot is part of it from 29 on, and a package before.
emacs -q --batch -l package -f package-initialize -L . -l midfill-test.el -f ert-run-tests-batch-and-exit
