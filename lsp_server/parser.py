"""A parser of the command line that says what is wrong in one line."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

EXIT_BAD_INPUT = 2


class Parser(argparse.ArgumentParser):
    """Names the command whose help tells more, where argparse prints the usage as well."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what is not known here: argparse leaves it to the parser of all commands."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2."""
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")
