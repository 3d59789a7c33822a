"""Which files no model may see: secrets, what git ignores, what ``.midfillignore`` names.

``.gitignore`` and ``.midfillignore`` count in every folder from the repository's root down to the
file, ``.git/info/exclude`` at the root. A later file, and a later line, has the last word, and
``.midfillignore`` the word after ``.gitignore``; ``!`` takes a file back in. A secret file is taken
back in by ``.midfillignore`` alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from pathspec import GitIgnoreSpec

logger = logging.getLogger(__name__)

GIT_FILE = ".gitignore"
OWN_FILE = ".midfillignore"
_EXCLUDE_FILE = ".git/info/exclude"
_MAX_IGNORE_BYTES = 256 * 1024

# Keys, certificates, credentials, and where tools keep them.
SECRET_FILES = """
.env
.env.*
*.env
!.env.example
!.env.sample
!.env.template
!.env.dist
.envrc
*.pem
*.key
*.p8
*.p12
*.pfx
*.jks
*.keystore
*.kdbx
*.asc
*.gpg
*.pgp
*.crt
*.cer
*.der
*.ovpn
*.tfvars
*.tfstate
*.tfstate.*
id_rsa*
id_dsa*
id_ecdsa*
id_ed25519*
.ssh/
.gnupg/
.aws/credentials
.aws/config
.azure/
.kube/config
.docker/config.json
.netrc
_netrc
.npmrc
.pypirc
.htpasswd
.pgpass
.my.cnf
.git-credentials
.vault-token
credentials
credentials.json
credentials.y*ml
*credentials*.json
client_secret*.json
service-account*.json
service_account*.json
secrets.json
secrets.toml
secrets.y*ml
secrets.ini
.secrets
.secrets/
""".split()
# Folders that hold nothing written here; they are not even looked into for the index.
SKIPPED_FOLDERS = frozenset(
    """.git .hg .svn .jj .idea .vs .vscode .cache .tox .nox .venv venv __pycache__ .mypy_cache
    .ruff_cache .pytest_cache node_modules bower_components site-packages .gradle .terraform
    .next .nuxt .svelte-kit .yarn""".split()
)


@dataclass(frozen=True, slots=True)
class _Rules:
    """One ignore file as it was at ``stamp``: modification time in nanoseconds and size."""

    stamp: tuple[int, int] | None
    spec: GitIgnoreSpec | None


# An ignore file's patterns, and how deep below the root its folder is.
_Specs = tuple[tuple[int, GitIgnoreSpec], ...]
_SpecsOf = Callable[[str, tuple[str, ...]], _Specs]


class IgnoreRules:
    """The rules of one folder tree; files are read again when they changed."""

    def __init__(self, root: Path) -> None:
        """Read rules from ``root`` down."""
        self.root = root
        self._read: dict[Path, _Rules] = {}
        self._walked: dict[tuple[str, tuple[str, ...]], _Specs] = {}
        self._secrets = GitIgnoreSpec.from_lines(SECRET_FILES)

    @classmethod
    def around(cls, folder: Path) -> IgnoreRules:
        """Find the root of the repository that holds ``folder``; without one it is the folder."""
        roots = (one for one in (folder, *folder.parents) if (one / ".git").exists())
        return cls(next(roots, folder))

    def reason(self, path: Path, is_folder: bool = False) -> str | None:
        """Say in one sentence why ``path`` is ignored; None when it is not, or lies elsewhere."""
        relative = _relative(path, self.root)
        if relative is None:
            # Outside of the tree only what the file is called can be judged.
            secret = self._secrets.check_file(path.name).include
            return f"{path.name} looks like a file of secrets" if secret else None
        parts = relative.parts
        for depth in range(1, len(parts) + 1):
            is_last = depth == len(parts)
            found = self._reason_at(parts[:depth], is_folder or not is_last, self._specs)
            if found is not None:
                return found
        return None

    def reason_within(self, path: Path, is_folder: bool) -> str | None:
        """Judge ``path`` whose folders are known not to be ignored, as a walk down the tree does.

        The ignore files of a folder are looked for once, so a walk has rules of its own. ValueError
        when it lies outside of the tree.
        """
        return self._reason_at(path.relative_to(self.root).parts, is_folder, self._walked_specs)

    def _reason_at(self, parts: tuple[str, ...], is_folder: bool, specs_of: _SpecsOf) -> str | None:
        """Judge one file or folder; the folders above it are not ignored."""
        own = _verdict(specs_of(OWN_FILE, parts[:-1]), parts, is_folder)
        if own is not None:
            return f"{'/'.join(parts)} is named in {OWN_FILE}" if own else None
        # The list of secrets takes back what it names too broadly: a plain "not included".
        if self._secrets.check_file(_spelled(parts, is_folder)).include:
            return f"{'/'.join(parts)} looks like a file of secrets ({OWN_FILE} can take it back)"
        if _verdict(specs_of(GIT_FILE, parts[:-1]), parts, is_folder):
            return f"{'/'.join(parts)} is ignored by git ({OWN_FILE} can take it back)"
        return None

    def _specs(self, name: str, folder: tuple[str, ...]) -> _Specs:
        """The ignore files called ``name`` that count in ``folder``, the nearest first."""
        return tuple(
            (depth, spec)
            for depth in reversed(range(len(folder) + 1))
            for path in _files(self.root.joinpath(*folder[:depth]), name, depth)
            if (spec := self._spec(path)) is not None
        )

    def _walked_specs(self, name: str, folder: tuple[str, ...]) -> _Specs:
        key = name, folder
        if key not in self._walked:
            self._walked[key] = self._specs(name, folder)
        return self._walked[key]

    def _spec(self, path: Path) -> GitIgnoreSpec | None:
        try:
            status = path.stat()
        except OSError:
            stamp = None
        else:
            stamp = (status.st_mtime_ns, status.st_size)
        held = self._read.get(path)
        if held is None or held.stamp != stamp:
            held = self._read[path] = _Rules(stamp, _load(path) if stamp is not None else None)
        return held.spec


def _verdict(specs: _Specs, parts: tuple[str, ...], is_folder: bool) -> bool | None:
    """What the first of ``specs`` that has a say says; None when none has."""
    for depth, spec in specs:
        verdict = spec.check_file(_spelled(parts[depth:], is_folder)).include
        if verdict is not None:
            return verdict
    return None


def _files(folder: Path, name: str, depth: int) -> Iterator[Path]:
    """List the ignore files of ``folder``, the strongest first."""
    yield folder / name
    if depth == 0 and name == GIT_FILE:
        yield folder / _EXCLUDE_FILE


def _load(path: Path) -> GitIgnoreSpec | None:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_IGNORE_BYTES)
        return GitIgnoreSpec.from_lines(data.decode(errors="replace").splitlines())
    except (OSError, ValueError) as error:
        logger.warning("%s cannot be used: %s", path, error)
        return None


def _relative(path: PurePath, root: PurePath) -> PurePath | None:
    try:
        return path.relative_to(root)
    except ValueError:
        return None


def _spelled(parts: tuple[str, ...], is_folder: bool) -> str:
    return "/".join(parts) + ("/" if is_folder else "")
