"""Debian's source packages through apt-get, without touching the machine's own package lists.

Most machines have no ``deb-src`` lines, and adding some needs root. So apt-get is given a
configuration of its own for each release: one source line, with lists and cache in the build's
folder. Its proxy settings still apply, and what it brings is signed by Debian and verified by
apt-get.
"""

from __future__ import annotations

from pathlib import Path

from engine.errors import TrainingError

# Point releases keep the original tarballs, so a pin names the release that it was taken from.
MIRROR, COMPONENT = "http://deb.debian.org/debian", "main"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def private_options(folder: Path, release: str, keyring: Path = KEYRING) -> list[str]:
    """Options that give apt-get the sources of ``release`` alone, with all state in ``folder``.

    The folder is made; it serves one release. Raises TrainingError when the machine has
    no key to verify Debian's lists with.
    """
    if not keyring.is_file():
        raise TrainingError(
            f"{keyring} is missing: install debian-archive-keyring, or leave the registry "
            "debian out"
        )
    lists, cache, sources = folder / "lists", folder / "cache", folder / "sources.list"
    for needed in (lists / "partial", cache / "archives" / "partial"):
        needed.mkdir(parents=True, exist_ok=True)
    line = f"deb-src [signed-by={keyring}] {MIRROR} {release} {COMPONENT}\n"
    sources.write_text(line, "utf-8")
    settings = {
        "Dir::Etc::SourceList": sources.resolve(),
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": lists.resolve(),
        "Dir::Cache": cache.resolve(),
        # Root would otherwise drop to a user who may not write here; for others it says nothing.
        "APT::Sandbox::User": "root",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
