"""Whether one file of a package is worth learning from, judged by its path and its text alone."""

from __future__ import annotations

import ast
import re
import warnings
from enum import Enum
from pathlib import PurePosixPath

from engine.languages import PLAIN_TEXT, language_of
from engine.training.licences import has_copyleft_words

MIN_BYTES, MAX_BYTES = 250, 150_000
MAX_LINE_CHARACTERS = 300
MAX_MEAN_LINE_CHARACTERS = 70
MIN_LETTER_SHARE = 0.35
_HEAD_CHARACTERS = 1500


class DropReason(str, Enum):
    """Why a file, or all of a package, is left out."""

    LICENCE = "licence is not on the list"
    VENDORED = "vendored"
    GENERATED = "generated"
    MINIFIED = "minified"
    TEST_DATA = "test data"
    LOCALE = "locale data"
    MIGRATION = "migration"
    NOT_UTF8 = "not UTF-8"
    SIZE = "too small or too big"
    LONG_LINES = "long lines"
    FEW_LETTERS = "few letters"
    COPYLEFT = "copyleft words"
    DOES_NOT_PARSE = "does not parse"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near-duplicate"
    BENCHMARK = "shared with a benchmark"
    TOO_MANY_TESTS = "over the share of tests"
    PACKAGE_FULL = "over the package's size"


_FOLDERS: dict[DropReason, frozenset[str]] = {
    DropReason.VENDORED: frozenset(
        """vendor vendors _vendor vendored _vendored third_party thirdparty third-party 3rdparty
        node_modules external externals _external extern _extern externs bundled deps""".split()
    ),
    DropReason.GENERATED: frozenset(
        """dist build out umd cjs esm esm5 es es5 es6 es2015 esm2015 fesm2015 bundles bundle
        commonjs generated _generated autogen gen __generated__ _esm _cjs dist-es
        dist-cjs""".split()
    ),
    DropReason.TEST_DATA: frozenset(
        """testdata test_data test-data testfiles test_files fixtures fixture __fixtures__
        snapshots __snapshots__ golden goldens __mocks__ corpora""".split()
    ),
    DropReason.LOCALE: frozenset(
        "locale locales _locale lang langs i18n l10n translations nls".split()
    ),
    DropReason.MIGRATION: frozenset("migrations _migrations migration south_migrations".split()),
}
_NAMES: dict[DropReason, re.Pattern[str]] = {
    DropReason.GENERATED: re.compile(
        r"""_pb2(_grpc)?\.py$ | \.pb(\.gw)?\.(go|cc|h)$ | \.d\.[cm]?ts$ | [._-]generated\.
        | _gen\.go$ | ^zz_generated | ^(parsetab|lextab|_version|versioneer)\.py$ | \.pyi$
        | \.gen\.[a-z]+$ | \.(umd|cjs|esm|bundle)\.[cm]?js$""",
        re.VERBOSE,
    ),
    DropReason.MINIFIED: re.compile(r"[.-]min\.[cm]?js$|[.-]pack(ed)?\.js$"),
}
_GENERATED_WORDS = re.compile(
    r"""(?i)auto-?\s?generated | \bgenerated\s+(by|from|with|using|code|file|automatically)\b
    | do\s+not\s+(edit|modify)\b | @generated | code\s+generator | was\s+generated\b""",
    re.VERBOSE,
)
_COMPILED_WORDS = re.compile(
    r"""sourceMappingURL= | Object\.defineProperty\(exports,\s*["']__esModule["'] |
    __webpack_require__ | var\s+__defProp\s*= | __awaiter\s*= | _interopRequireDefault\( |
    ^ \s* "use\s+strict";\s* exports\.__esModule""",
    re.VERBOSE,
)
_TEST_PATH = re.compile(
    r"""(^|/)(tests?|__tests__|_tests?|spec|specs|testing)/ | (^|/)(test_[^/]*|conftest)\.py$
    | _test\.(py|go|cc|cpp|c)$ | [.-](test|spec)\.[cm]?[jt]sx?$ | Tests?\.java$""",
    re.VERBOSE,
)


def language_id(path: str) -> str | None:
    """The language of a source file, None for a file that is none of the trained languages."""
    language = language_of(path)
    return None if language is PLAIN_TEXT else language.id


def is_test(path: str) -> bool:
    """Whether the file tests its package rather than being it."""
    return _TEST_PATH.search(path) is not None


def path_reason(path: str) -> DropReason | None:
    """Why no file at ``path`` (relative to its package) is wanted, None when it may be."""
    lowered = PurePosixPath(path.lower())
    folders = set(lowered.parent.parts)
    for reason, names in _FOLDERS.items():
        if folders & names:
            return reason
    for reason, pattern in _NAMES.items():
        if pattern.search(lowered.name):
            return reason
    return None


def decode(data: bytes) -> str | None:
    """The text with Unix line ends, no byte-order mark and no trailing white space.

    One newline ends it. None when the bytes are not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def text_reason(text: str, language: str) -> DropReason | None:
    """Why a file of this text is not wanted, None when it is."""
    if not MIN_BYTES <= len(text.encode("utf-8")) <= MAX_BYTES or "\0" in text:
        return DropReason.SIZE
    lines = text.split("\n")
    if max(map(len, lines)) > MAX_LINE_CHARACTERS:
        return DropReason.LONG_LINES
    if len(text) / len(lines) > MAX_MEAN_LINE_CHARACTERS:
        return DropReason.LONG_LINES
    if sum(map(str.isalpha, text)) < MIN_LETTER_SHARE * len(text):
        return DropReason.FEW_LETTERS
    if has_copyleft_words(text):
        return DropReason.COPYLEFT
    if _GENERATED_WORDS.search(text[:_HEAD_CHARACTERS]) or _COMPILED_WORDS.search(text):
        return DropReason.GENERATED
    if language == "python" and not is_python(text):
        return DropReason.DOES_NOT_PARSE
    return None


def is_python(text: str) -> bool:
    """Whether Python's own parser takes ``text``; it minds indentation, as tree-sitter does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
