"""Ignore files nested and negated, as git reads them; files of secrets whatever git says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lsp_server.workspace.ignore import IgnoreRules

FILES = [
    "a.py", "b.log", "keep.log", "build/x.py", "src/build/x.py", "src/keep.log", "src/gen/a.py",
    "src/gen/hand.py", "docs/a.md", "docs/deep/er/a.tmp", "space name/a.tmp", "vendor/lib/a.c",
]  # fmt: skip
IGNORES = {
    ".gitignore": "*.log\n!keep.log\n/build/\n**/deep/**/*.tmp\n# a comment\n\n",
    "src/.gitignore": "keep.log\ngen/*\n!gen/hand.py\n",
    "vendor/.gitignore": "*\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(tree: Path, ignores: dict[str, str]) -> IgnoreRules:
    for name, text in ignores.items():
        (tree / name).write_text(text)
    return IgnoreRules(tree)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git to compare with")
def test_git_agrees(tree: Path) -> None:
    (tree / ".git").rmdir()
    rules = write(tree, IGNORES)
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    listed = subprocess.run(
        ["git", "-C", str(tree), "check-ignore", *FILES], capture_output=True, check=False
    )
    ignored = set(listed.stdout.decode().splitlines())
    assert ignored
    assert {name for name in FILES if rules.reason(tree / name) is not None} == ignored


def test_the_own_ignore_file_has_the_word_after_gits(tree: Path) -> None:
    rules = write(tree, {**IGNORES, ".midfillignore": "!b.log\nsrc/**/*.py\n"})
    assert rules.reason(tree / "b.log") is None
    assert rules.reason(tree / "src/build/x.py") == "src/build/x.py is named in .midfillignore"
    assert rules.reason(tree / "a.py") is None


def test_what_lies_in_an_ignored_folder_stays_ignored(tree: Path) -> None:
    rules = write(tree, {".gitignore": "src/\n", "src/.gitignore": "!keep.log\n"})
    assert rules.reason(tree / "src/keep.log") == (
        "src is ignored by git (.midfillignore can take it back)"
    )
    assert rules.reason(tree / "src", is_folder=True) is not None


def test_a_changed_ignore_file_is_read_again(tree: Path) -> None:
    rules = write(tree, {".gitignore": "*.log\n"})
    assert rules.reason(tree / "b.log") is not None
    (tree / ".gitignore").write_text("nothing.at.all\n")
    assert rules.reason(tree / "b.log") is None
    (tree / ".gitignore").unlink()
    (tree / ".git/info").mkdir()
    (tree / ".git/info/exclude").write_text("a.py\n")
    assert rules.reason(tree / "a.py") is not None


SECRET = [
    ".env", ".env.local", "prod.env", "server.pem", "tls/server.key", "id_rsa", "id_ed25519.pub",
    ".aws/credentials", ".ssh/config", "deep/.npmrc", ".netrc", "credentials.json", "secrets.yaml",
    "client_secret_7.json", "terraform.tfstate", "store.jks", "x.p12", "cert.crt",
]  # fmt: skip
HARMLESS = [".env.example", "env.py", "keys.py", "secret.py", "monkey.py", "credentials.py", "a.c"]


@pytest.mark.parametrize("name", SECRET)
def test_secret_files_are_ignored_though_git_does_not(tree: Path, name: str) -> None:
    rules = write(tree, {".gitignore": "!*\n"})
    reason = rules.reason(tree / name)
    assert reason is not None and "looks like a file of secrets" in reason


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_sounds_secret_is_not_ignored(tree: Path, name: str) -> None:
    assert IgnoreRules(tree).reason(tree / name) is None


def test_a_secret_file_can_be_taken_back_by_the_user_alone(tree: Path) -> None:
    rules = write(tree, {".midfillignore": "!fixtures/*.pem\n"})
    assert rules.reason(tree / "fixtures/a.pem") is None
    assert rules.reason(tree / "other/a.pem") is not None


def test_outside_of_the_tree_the_name_alone_counts(tree: Path) -> None:
    rules = write(tree, {".gitignore": "*\n"})
    assert rules.reason(tree.parent / "a.py") is None
    assert rules.reason(tree.parent / "a.pem") is not None


def test_the_root_is_the_repository_that_holds_the_folder(tree: Path) -> None:
    write(tree, IGNORES)
    assert IgnoreRules.around(tree / "src").root == tree
    assert IgnoreRules.around(tree / "src").reason(tree / "src/keep.log") is not None
