from __future__ import annotations

import pytest

from engine.errors import BadInput
from engine.remote.key import KEYRING_SERVICE, find_key


def test_a_key_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDFILL_TEST_KEY", "sk-4711-4711")
    key = find_key("env:MIDFILL_TEST_KEY")
    assert key is not None and key.value == "sk-4711-4711"
    assert "4711" not in repr(key) and "4711" not in f"{key}"
    assert key.hidden_in("wrong key sk-4711-4711.") == "wrong key ***."


def test_no_place_is_no_key() -> None:
    assert find_key(None) is None


def test_the_systems_keyring_is_read() -> None:
    keyring = pytest.importorskip("keyring", reason="pip install 'midfill[keyring]'")
    from keyring.backend import KeyringBackend
    from keyring.backends.fail import Keyring as NoKeyring

    class Held(KeyringBackend):
        priority = 1.0  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return "sk-ring" if (service, username) == (KEYRING_SERVICE, "gpu") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(Held())
    try:
        key = find_key("keyring:gpu")
        assert key is not None and key.value == "sk-ring"
        with pytest.raises(BadInput, match="keyring set midfill other"):
            find_key("keyring:other")
        keyring.set_keyring(NoKeyring())
        with pytest.raises(BadInput, match="key=env:NAME"):
            find_key("keyring:gpu")
    finally:
        keyring.set_keyring(before)
