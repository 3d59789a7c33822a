"""Secrets are hidden before a model sees them; offsets and everything else stay as they were."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from lsp_server.documents import Document, Documents
from lsp_server.positions import Encoding
from lsp_server.secret_mask import SecretMask, without_secrets

# Drawn here, so that no scanner takes this file for a leak.
_DRAW = random.Random(7)


def drawn(size: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(_DRAW.choices(letters, k=size))


SECRETS = [
    ("key = '", "AKIA" + drawn(16, string.ascii_uppercase), "'"),
    ("", "ghp_" + drawn(36), ""),
    ("client = Client('", "sk-" + drawn(40), "')"),
    ("x = '", "xoxb-" + drawn(24), "'"),
    ("curl -H 'Authorization: Bearer ", drawn(32), "'"),
    ("password = '", "hunter22!", "'"),
    ('"api_key": "', drawn(32, "0123456789abcdef"), '",'),
    ("const token: string = `", "abc123def456", "`;"),
    ("aws_secret_access_key = ", drawn(40), ""),
    ("postgres://bob:", "s3cr3t", "@localhost/shop"),
    ("seed = '", "q8Zr3Tn0VbYw5LdKc7Hs", "'"),
    ("jwt = '", f"eyJ{drawn(20)}.eyJ{drawn(20)}.{drawn(30)}", "'"),
]
HARMLESS = [
    "hash = 'd41d8cd98f00b204e9800998ecf8427e'",
    "id = '26be6b09-91c5-47da-9861-d2d2bb7a7e36'",
    "password = getpass('Your password: ')",
    "token = next_token(stream)",
    "class SMTPAuthenticationError(SMTPResponseException):",
    "TOKENS = ['identifier', 'whitespace_or_comment']",
    "auth_header = 'Proxy-Authorization'",
    "from tokenizers.implementations.byte_level_bpe import ByteLevelBPETokenizer",
    "url = 'https://example.org/a/very/long/path/without/anything/secret'",
]


@pytest.mark.parametrize(("before", "secret", "behind"), SECRETS)
def test_a_secret_is_hidden_and_nothing_moves(before: str, secret: str, behind: str) -> None:
    text = f"# é漢😀\n{before}{secret}{behind}\nprint(1)\n"
    masked = without_secrets(text)
    assert secret not in masked
    assert masked.encode().index(b"print(1)") == text.encode().index(b"print(1)")
    assert masked.startswith(f"# é漢😀\n{before[:6]}")
    assert masked.endswith(f"{behind}\nprint(1)\n")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert without_secrets(text) == text


def test_a_private_key_keeps_its_lines() -> None:
    body = "\n".join(drawn(64) for _ in range(3))
    text = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nx = 1\n"
    masked = without_secrets(text)
    assert [len(line) for line in masked.split("\n")] == [len(line) for line in text.split("\n")]
    assert not any(line in masked for line in body.split("\n"))
    assert masked.endswith("KEY-----\nx = 1\n")


def test_a_key_without_its_end_is_hidden_and_the_code_below_a_header_is_not() -> None:
    body = "\n".join(drawn(64) for _ in range(3))
    masked = without_secrets(f"-----BEGIN EC PRIVATE KEY-----\n{body}\n")
    assert not any(line in masked for line in body.split("\n"))
    code = (
        'HEADER = "-----BEGIN PRIVATE KEY-----"\n\n\ndef is_key(text):\n    return HEADER in text\n'
    )
    assert without_secrets(code) == code


PARTS = [
    *(before + secret + behind for before, secret, behind in SECRETS[:9]),
    "\n",
    "x = 1\n",
    "é漢",
    "'",
    "-----BEGIN PRIVATE KEY-----\nMIIE\n",
    "-----END PRIVATE KEY-----",
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=8).map("".join)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_looking_at_changes_alone_finds_what_a_whole_look_finds(texts: list[str]) -> None:
    mask = SecretMask()
    for text in texts:
        assert mask.of(text) == without_secrets(text)


def test_neither_snapshots_nor_other_documents_hold_a_secret() -> None:
    secret = "ghp_" + drawn(36)
    documents = Documents()
    item = types.TextDocumentItem("file:///project/a.py", "python", 1, f"k = '{secret}'\nx = 1\n")
    document = documents.open(item)
    place = types.Range(types.Position(0, 0), types.Position(0, len(f"k = '{secret}'")))
    change = types.TextDocumentContentChangePartial(place, f"key = '{secret}'")
    document.change(2, [change], Encoding.UTF16)
    snapshot = document.snapshot()
    (other,) = documents.others("file:///project/b.py", 4, 1000)
    assert secret not in repr((snapshot, other))
    assert secret in document.text
    assert len(snapshot.text) == len(document.text)
    # What replaces a secret is remembered without it.
    document.change(3, [types.TextDocumentContentChangeWholeDocument("x = 1\n")], Encoding.UTF16)
    (edit,) = document.snapshot().recent_edits
    assert secret not in edit.old_text


def test_typing_a_secret_never_shows_a_part_of_it_as_an_edit() -> None:
    secret = "ghp_" + drawn(36)
    document = Document(types.TextDocumentItem("file:///project/a.py", "python", 1, "k = ''\n"))
    place = types.Range(types.Position(0, 5), types.Position(0, 5))
    document.change(2, [types.TextDocumentContentChangePartial(place, secret)], Encoding.UTF16)
    assert document.snapshot().recent_edits == ()
