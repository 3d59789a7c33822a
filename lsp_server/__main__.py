"""``python -m lsp_server`` is ``midfill lsp``."""

from __future__ import annotations

import sys

from lsp_server.cli import main

sys.exit(main(["lsp", *sys.argv[1:]]))
