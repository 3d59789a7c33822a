"""Likely secrets in a text, hidden before the text reaches the model.

A secret is replaced by as many letters x as it has characters. Secrets are ASCII, so every byte
offset, line and column of the text stays what it was, and the text parses as before.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

# Keys that tell what they are: a literal that every match holds, and the whole shape. The literal
# is looked for first, because a plain search costs a thousandth of an expression's.
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (literal, re.compile(rf"(?<![A-Za-z0-9])(?:{shape})"))
    for literal, shape in (
        ("AKIA", r"AKIA[0-9A-Z]{16}"),  # AWS access key
        ("ASIA", r"ASIA[0-9A-Z]{16}"),
        ("AIza", r"AIza[A-Za-z0-9_-]{35}"),  # Google API key
        ("ya29.", r"ya29\.[A-Za-z0-9_-]{20,}"),
        ("ghp_", r"ghp_[A-Za-z0-9]{30,}"),  # GitHub
        ("gho_", r"gho_[A-Za-z0-9]{30,}"),
        ("ghu_", r"ghu_[A-Za-z0-9]{30,}"),
        ("ghs_", r"ghs_[A-Za-z0-9]{30,}"),
        ("ghr_", r"ghr_[A-Za-z0-9]{30,}"),
        ("github_pat_", r"github_pat_[A-Za-z0-9_]{40,}"),
        ("glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),  # GitLab
        ("xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),  # Slack
        ("hooks.slack.com", r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"),
        ("sk-", r"sk-[A-Za-z0-9_-]{20,}"),  # OpenAI, Anthropic
        ("sk_", r"sk_(?:live|test)_[A-Za-z0-9]{16,}"),  # Stripe
        ("rk_", r"rk_(?:live|test)_[A-Za-z0-9]{16,}"),
        ("whsec_", r"whsec_[A-Za-z0-9]{16,}"),
        ("SG.", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),  # SendGrid
        ("hf_", r"hf_[A-Za-z0-9]{30,}"),  # Hugging Face
        ("npm_", r"npm_[A-Za-z0-9]{30,}"),
        ("pypi-", r"pypi-[A-Za-z0-9_-]{40,}"),
        ("dop_v1_", r"dop_v1_[a-f0-9]{40,}"),  # DigitalOcean
        ("AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
        ("earer ", r"(?<=earer )[A-Za-z0-9._~+/-]{20,}"),
        ("eyJ", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),  # JWT
    )
)
_KEY_HEADER = "PRIVATE KEY"
# Up to its end, or as far as what follows looks like one: a header alone hides no code below it.
_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(.{0,16384}?)-----END |([A-Za-z0-9+/=\s\\]*))",
    re.DOTALL,
)
_PASSWORD_IN_URL = re.compile(r"://[^\s/:@'\"]{0,80}:([^\s/:@'\"{}$<>]{3,})@")
# A value in quotes, or a long one that is not quoted.
_VALUE = re.compile(
    r"""[=:(,\[]\s?(?:[rbu]?["'`]([!#-&(-_a-~]{8,})["'`]|([A-Za-z0-9+/_-]{20,}={0,2})(?![\w(.]))"""
)
_SECRET_NAME = re.compile(
    r"(?i)(?:secret|token|passwo?r?d|passwd|passphrase|api_?-?key|access_?-?key|private_?-?key"
    r"|auth|credential|bearer)[\w\"'\])-]{0,24}"
    r"(?:\s*:\s*[\w\[\]| ]{1,20})?\s*[=:]\s?[rbu]?[\"'`]?$"
)
# What a name of something does not hold, and a password mostly does.
_NO_NAME = re.compile(r"[0-9!#$%^&*+=?@~]")
_WORD = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_NAME_REACH = 64
# Compared at once to find what changed; long enough that a megabyte takes no time.
_STRETCH = 1 << 16
_MIN_ENTROPY_BITS = 3.8
_MIN_NAMED_ENTROPY_BITS = 2.5


def without_secrets(text: str) -> str:
    """Return ``text`` with its likely secrets hidden: as long as before, in bytes as well."""
    return _without_keys(_without(text, _secrets(text)), text)


class SecretMask:
    """Hides the secrets of a text that changes a little from time to time."""

    def __init__(self) -> None:
        self._text = self._lines_masked = self._masked = ""
        self._has_key = False

    def of(self, text: str) -> str:
        """Return ``without_secrets(text)``, looking only at lines that differ from last time."""
        if text != self._text:
            self._update(text)
        return self._masked

    def _update(self, text: str) -> None:
        old = self._text
        limit = min(len(old), len(text))
        head = _num_equal(limit, lambda start, end: old[start:end] == text[start:end])
        tail = _num_equal(
            limit - head,
            lambda start, end: (
                old[len(old) - end : len(old) - start] == text[len(text) - end : len(text) - start]
            ),
        )
        start = text.rfind("\n", 0, head) + 1
        end = text.find("\n", len(text) - tail)
        end = len(text) if end < 0 else end
        behind = self._lines_masked[len(old) - (len(text) - end) :]
        changed = text[start:end]
        self._lines_masked = (
            self._lines_masked[:start] + _without(changed, _secrets(changed)) + behind
        )
        # Where a key began in the old text it may have ended by now.
        self._has_key = _KEY_HEADER in (text if self._has_key else changed)
        has_key = self._has_key
        self._masked = _without_keys(self._lines_masked, text) if has_key else self._lines_masked
        self._text = text


def _without(text: str, secrets: Iterable[tuple[int, int]]) -> str:
    """Hide ``secrets`` of ``text``, which may overlap."""
    parts, at = [], 0
    for start, end in sorted(secrets):
        if end > at:
            start = max(start, at)
            parts += [text[at:start], _hidden(text[start:end])]
            at = end
    return "".join([*parts, text[at:]]) if parts else text


def _without_keys(masked: str, text: str) -> str:
    """Hide in ``masked`` the private keys of ``text``: the one secret of several lines."""
    if _KEY_HEADER not in text:
        return masked
    found = _KEY_BLOCK.finditer(text)
    return _without(masked, (match.span(1 if match[1] is not None else 2) for match in found))


def _num_equal(limit: int, is_equal: Callable[[int, int], bool]) -> int:
    """Count equal characters from 0 up to ``limit``; ``is_equal`` compares those of a stretch."""
    low, stride = 0, _STRETCH
    while low < limit:
        end = min(low + stride, limit)
        if is_equal(low, end):
            low = end
        elif stride == 1:
            return low
        else:
            stride = max(stride // 8, 1)
    return limit


def _secrets(text: str) -> Iterator[tuple[int, int]]:
    """Find the start and the end of each secret of one line, in characters; they may overlap."""
    for literal, shape in _SHAPES:
        if literal in text:
            yield from (match.span() for match in shape.finditer(text))
    if "@" in text:
        yield from (match.span(1) for match in _PASSWORD_IN_URL.finditer(text))
    for match in _VALUE.finditer(text):
        group = 1 if match[1] is not None else 2
        before = text[max(match.start(group) - _NAME_REACH, 0) : match.start(group)]
        if _is_secret(match[group], before):
            yield match.span(group)


def _is_secret(value: str, before: str) -> bool:
    """Tell whether ``value`` looks drawn by lot, or is given to something named as a secret.

    Hashes and identifiers in hexadecimal are common and no secrets, so lower case and digits alone
    count only behind such a name.
    """
    line = before.rpartition("\n")[2]
    if _NO_NAME.search(value) and _entropy_bits(value) >= _MIN_NAMED_ENTROPY_BITS:
        if _SECRET_NAME.search(line) and re.search(r"[A-Za-z]", value):
            return True
    has_all_kinds = all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return has_all_kinds and _WORD.fullmatch(value) is not None and _is_drawn(value)


def _is_drawn(value: str) -> bool:
    """Tell whether the kinds of characters change as in a random text, not as in names."""
    kinds = [_kind(character) for character in value]
    num_changes = sum(left != right for left, right in itertools.pairwise(kinds))
    is_mixed = num_changes >= 0.4 * len(value)
    return is_mixed and _entropy_bits(value) >= _MIN_ENTROPY_BITS


def _kind(character: str) -> int:
    if character.isdigit():
        return 0
    return 1 if character.islower() else 2 if character.isupper() else 3


def _entropy_bits(value: str) -> float:
    """Measure the entropy of a character of ``value`` in bits."""
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares)


def _hidden(secret: str) -> str:
    """Write x for every character but white space."""
    return re.sub(r"[!-~]", "x", secret)
