"""A key out of the environment or the system's keyring, which never shows in a text."""

from __future__ import annotations

import os
from dataclasses import dataclass

from engine.errors import BadInput

KEYRING_SERVICE = "midfill"
_HIDDEN = "***"
_LEAST_LENGTH = 4


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A secret; printing it shows stars."""

    value: str

    def __repr__(self) -> str:
        return f"Key({_HIDDEN})"

    def hidden_in(self, text: str) -> str:
        """A text without the key: servers repeat wrong ones in their errors."""
        return text.replace(self.value, _HIDDEN) if len(self.value) >= _LEAST_LENGTH else text


def find_key(place: str | None) -> Key | None:
    """The key at ``env:NAME`` or ``keyring:NAME``; None when no place is given.

    Raises BadInput when there is none, or no keyring to look in.
    """
    if place is None:
        return None
    kind, _, name = place.partition(":")
    if kind == "env":
        value = os.environ.get(name, "").strip()
        if not value:
            raise BadInput(f"the environment has no {name}: set it to the backend's key")
        return Key(value)
    return Key(_from_keyring(name))


def _from_keyring(name: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError as error:
        raise BadInput("keyring is not installed: run pip install 'midfill[keyring]'") from error
    try:
        value = keyring.get_password(KEYRING_SERVICE, name)
    except KeyringError as error:
        raise BadInput(
            f"the system's keyring cannot be read ({type(error).__name__}): use key=env:NAME"
        ) from error
    if not value:
        raise BadInput(
            f"the keyring has no {name}: run `keyring set {KEYRING_SERVICE} {name}` once"
        )
    return value
