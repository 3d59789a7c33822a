"""What the editors' plugins share with the server; each has a ci.sh that tests it in its editor."""

from __future__ import annotations

import re

import pytest

from lsp_server import __version__
from source_tree import ROOT

# Where a plugin names its version, and how.
VERSIONS = {
    "editors/jupyterlab/pyproject.toml": r'^version = "([^"]+)"',
    "editors/jupyterlab/midfill_jupyterlab/__init__.py": r'__version__ = "([^"]+)"',
    "editors/jupyterlab/midfill_jupyterlab/language_server.py": r'^VERSION = "([^"]+)"',
    "editors/jupyterlab/midfill_jupyterlab/labextension/package.json": r'"version": "([^"]+)"',
    "editors/emacs/midfill.el": r";; Version: (\S+)",
    "editors/emacs/midfill-server.el": r'defconst midfill-version "([^"]+)"',
    "editors/neovim/lua/midfill/client.lua": r'M\.VERSION = "([^"]+)"',
}


@pytest.mark.parametrize("name", VERSIONS)
def test_a_plugin_has_the_version_of_its_server(name: str) -> None:
    found = re.findall(VERSIONS[name], (ROOT / name).read_text(encoding="utf-8"), re.M)
    assert found == [__version__]
