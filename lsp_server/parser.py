"""A parser of the command line that says what is wrong in one line, and of words it names."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from enum import Enum
from typing import Any, NoReturn, TypeVar

from engine.errors import BadInput

Named = TypeVar("Named", bound=Enum)
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


def named(kind: type[Named], values: Sequence[str] | None, option: str) -> tuple[Named, ...]:
    """The members of an enumeration that an option names. Raises BadInput for any other word."""
    members = {member.value: member for member in kind}
    for value in values or ():
        if value not in members:
            raise BadInput(f"{option}: {value} is none of {', '.join(members)}")
    return tuple(members[value] for value in values or ())
