"""Which licences a training file may have.

Permissive ones only, read from the package's own metadata; SPDX expressions and the older free
words of package registries are both understood.
"""

from __future__ import annotations

import json
import re
from email.parser import HeaderParser

_ALLOWED = frozenset(
    """0bsd apache apache-2 apache-2.0 apache-license apache-license-2.0 apache-license-version-2.0
    apache-software-license apache-2.0-license apache-license,-version-2.0
    apache-software-license-2.0 blueoak-1.0.0 bsd bsd-2-clause bsd-3-clause bsd-license
    bsd-3-clause-license bsd-2-clause-license new-bsd new-bsd-license modified-bsd-license
    3-clause-bsd 3-clause-bsd-license simplified-bsd bsd-3 bsd-2 cc0-1.0 freely-distributable hpnd
    isc isc-license isc-license-(iscl) mit mit-0 mit-cmu mit-license expat the-mit-license
    historical-permission-notice-and-disclaimer-(hpnd) licenseref-repoze-bsd-derived psf psf-2.0
    python-2.0 python-software-foundation-license the-unlicense-(unlicense) unlicense zlib
    zlib/libpng-license""".split()
)
_COPYLEFT = re.compile(
    r"""\b[AL]?GPL(?:v?[123](?:\.\d)?)?\b
    | \bGNU\s+(?:(?:Lesser|Library|Affero)\s+)?General\s+Public
    | \b(?:Mozilla|Eclipse|European\s+Union|Common)\s+(?:Public|Development)\s | \bMPL[- ]?[12]\.\d
    | \bCDDL\b | \bEUPL\b | \bEPL[- ]?[12]\.0 | \bCC[- ]BY[- ](?:SA|NC|ND) | \bSSPL\b
    | Business\s+Source\s+Licen[sc]e | Server\s+Side\s+Public""",
    re.VERBOSE,
)
HEAD_CHARACTERS = 4096
_MAX_WORDS = 60


def is_permissive(licence: str) -> bool:
    """Whether every part that is joined by AND allows training, of an OR at least one.

    >>> is_permissive("BSD-3-Clause AND (MIT OR GPL-3.0-only)"), is_permissive("LGPL-2.1")
    (True, False)
    """
    flat = licence.strip()
    while True:
        inner = re.search(r"\(([^()]*\b(?:AND|OR|WITH)\b[^()]*)\)", flat)
        if inner is None:
            return _is_allowed(flat)
        answer = "MIT" if _is_allowed(inner.group(1)) else "refused"
        flat = flat[: inner.start()] + answer + flat[inner.end() :]


def _is_allowed(flat: str) -> bool:
    if not flat:
        return False
    return any(
        all(_normal(part) in _ALLOWED for part in re.split(r"\s+AND\s+|\s+/\s+", option))
        for option in re.split(r"\s+OR\s+", flat)
    )


def _normal(name: str) -> str:
    bare = re.sub(r"\s+WITH\s+LLVM-exception$", "", name.strip().strip('"'))
    return re.sub(r"\s+", "-", bare.strip("() ") if bare.startswith("(") else bare).lower()


def has_copyleft_words(text: str) -> bool:
    """Whether the head of a file speaks of a copyleft or non-commercial licence."""
    return _COPYLEFT.search(text[:HEAD_CHARACTERS]) is not None


def licence_of_metadata(metadata: str) -> str:
    """The licence that a Python package's METADATA or PKG-INFO names, "" when it names none.

    The SPDX expression comes first (PEP 639), then the classifiers, then a short License field.
    """
    headers = HeaderParser().parsestr(metadata)
    expression = (headers.get("License-Expression") or "").strip()
    if expression:
        return expression
    marks = [str(value) for value in headers.get_all("Classifier", [])]
    names = [mark.rsplit(" :: ", 1)[-1] for mark in marks if mark.startswith("License :: ")]
    names = [name for name in names if name != "OSI Approved"]
    if names:
        return " AND ".join(names)
    field = (headers.get("License") or "").strip()
    return field if 0 < len(field) <= _MAX_WORDS and "\n" not in field else ""


def licence_of_manifest(manifest: str) -> str:
    """The licence that a ``package.json`` names, "" when it names none or is no JSON object."""
    try:
        record = json.loads(manifest)
    except json.JSONDecodeError:
        return ""
    field = record.get("license") if isinstance(record, dict) else None
    if isinstance(field, dict):
        field = field.get("type")
    return field.strip() if isinstance(field, str) else ""
