"""Midfill's language server: knows the Language Server Protocol, never tensors."""

from __future__ import annotations

__version__ = "0.1.0"
