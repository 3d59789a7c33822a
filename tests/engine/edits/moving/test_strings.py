"""Names of modules in Python's strings, when the modules move."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Plan = Callable[..., dict[str, str]]
PACKAGE = {"pkg/__init__.py": "", "pkg/b.py": "", "pkg/sub/__init__.py": "", "top.py": ""}
MOVES = (("pkg/b.py", "pkg/sub/d.py"), ("top.py", "pkg/top.py"))


@pytest.mark.parametrize(
    ("head", "old", "new"),
    [
        ("import importlib", "importlib.import_module('pkg.b')", "pkg.sub.d"),
        ("from importlib import import_module", 'import_module("pkg.b", None)', "pkg.sub.d"),
        ("import runpy", "runpy.run_module('top')", "pkg.top"),
        ("import pytest", "pytest.importorskip(r'pkg.b')", "pkg.sub.d"),
        ("from unittest import mock", "mock.patch('pkg.b.f.g')", "pkg.sub.d.f.g"),
        ("from unittest import mock", "mock.patch.dict('pkg.b.f', x=1)", "pkg.sub.d.f"),
        ("from unittest.mock import patch", "@patch('pkg.b.f')\ndef test(x): ...", "pkg.sub.d.f"),
        ("", "def test(monkeypatch): monkeypatch.setattr('pkg.b.f', 1)", "pkg.sub.d.f"),
        ("", "def test(self): self.mocker.patch('pkg.b.f')  # mock", "pkg.sub.d.f"),
    ],
)
def test_what_is_imported_by_a_string_follows(planned: Plan, head: str, old: str, new: str) -> None:
    texts = planned(PACKAGE | {"main.py": f"{head}\n{old}\n"}, *MOVES)
    before = old.split('"' if '"' in old else "'")[1]
    assert texts == {"main.py": f"{head}\n{old.replace(before, new)}\n"}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("INSTALLED_APPS = ['django.contrib.admin', 'pkg.b', 'top']\n",
         "pkg.b>pkg.sub.d top>pkg.top"),
        ("INSTALLED_APPS += ['top'] + LOCAL\n", "top>pkg.top"),
        ("class A(apps.AppConfig):\n    name = 'top'\n", "top>pkg.top"),
        # What it gives is the first package.
        ("__import__('pkg.b').b\n", "pkg.b>pkg.sub.d"),
        ("ROOT_URLCONF = 'pkg.b'\n", "pkg.b>pkg.sub.d"),
        ("L = {'h': {'class': 'pkg.b.Handler', '()': 'pkg.b.make'}}\n",
         "pkg.b>pkg.sub.d pkg.b>pkg.sub.d"),
        ("entry = 'pkg.b:main'\n", "pkg.b>pkg.sub.d"),
        ("logging.getLogger('pkg.b')\n", "pkg.b>pkg.sub.d"),
        # Functions of those names that are others, another argument.
        ("api.patch('pkg.b')\n", "pkg.b>pkg.sub.d"),
        ("def patch(x): ...\npatch('pkg.b.f')\n", "pkg.b>pkg.sub.d"),
        ("import mock\nmock.patch(x, 'pkg.b.f')\n", "pkg.b>pkg.sub.d"),
    ],
)  # fmt: skip
def test_of_other_strings_the_user_is_asked(planned: Plan, text: str, asked: str) -> None:
    assert planned(PACKAGE | {"main.py": text}, *MOVES) == {"?main.py": asked}


@pytest.mark.parametrize(
    "text",
    [
        "x = 'pkg.c'\n",
        "x = 'pkg'\n",
        "x = 'top'\n",
        "class A(Base):\n    name = 'top'\n",
        "x = f'pkg.b'\n",
        "x = b'pkg.b'\n",
        "x = 'see pkg.b'\n",
        "x = 'other.pkg.b'\n",
        "x = 'top.html'\n",
        "'pkg.b'\n",
        "# 'pkg.b'\n",
        "x = 'pkg/b.py'\n",
        'x = """\n\'pkg.b\'\n"""\n',
    ],
)
def test_what_names_no_moved_module_stays(planned: Plan, text: str) -> None:
    assert planned(PACKAGE | {"main.py": text}, *MOVES) == {}


def test_a_quoted_annotation_is_code(planned: Plan) -> None:
    text = "import pkg.b\ndef f(x: 'pkg.b.F'): ...\n"
    texts = planned(PACKAGE | {"main.py": text}, MOVES[0])
    assert texts == {"main.py": text.replace("pkg.b", "pkg.sub.d")}


def test_a_package_takes_its_names_along_and_a_plain_folder_has_none(planned: Plan) -> None:
    files = PACKAGE | {"docs/a.txt": "", "main.py": "x = 'pkg.b.f', 'docs.site'\n"}
    assert planned(files, ("pkg", "kit"), ("docs", "site")) == {"?main.py": "pkg.b>kit.b"}


def test_an_import_by_a_string_that_has_no_name_any_more_is_left(planned: Plan) -> None:
    files = PACKAGE | {"main.py": "import importlib\nimportlib.import_module('pkg.b')\n"}
    assert planned(files, ("pkg/b.py", "pkg/my-b.py")) == {"!": "1"}
