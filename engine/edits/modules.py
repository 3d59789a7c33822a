"""Which file an import means, among files that are known. Paths are compared with ``/`` in them."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator

from engine.edits.symbols import Origin

SCRIPT_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs", ".d.ts")
COMPILED = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}


def module_path(origin: Origin, importer: str, paths: Collection[str], language: str) -> str | None:
    """The file of the module that ``origin`` names, as ``importer`` writes it; None if unknown."""
    if language != "python":
        return _script(origin.module, _slashed(importer), paths)
    return _python(origin.module, origin.level, _slashed(importer), paths)


def submodule_path(
    origin: Origin, importer: str, paths: Collection[str], language: str
) -> str | None:
    """The file of the module that ``from package import module`` names, if it is one."""
    if origin.name is None or language != "python":
        return None
    dotted = f"{origin.module}.{origin.name}" if origin.module else origin.name
    return _python(dotted, origin.level, _slashed(importer), paths)


def module_names(path: str) -> tuple[str, ...]:
    """What Rust's paths may call the module that the file ``path`` holds."""
    folder, _, file = path.rpartition("/")
    stem = file.removesuffix(".rs")
    if stem not in ("mod", "lib", "main"):
        return (stem,)
    above, _, name = folder.rpartition("/")
    if stem == "mod" or name != "src":
        return (name,)
    return ("crate", above.rpartition("/")[2].replace("-", "_"))


def module_above(path: str) -> tuple[str, ...]:
    """The same for the module that holds the one of ``path``."""
    folder, _, file = path.rpartition("/")
    folder = posixpath.dirname(folder) if file == "mod.rs" else folder
    return module_names(f"{folder}/{'lib' if folder.endswith('/src') else 'mod'}.rs")


def _python(module: str, level: int, importer: str, paths: Collection[str]) -> str | None:
    parts = [part for part in module.split(".") if part]
    if level:
        folder = posixpath.dirname(importer)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        stem = posixpath.join(folder, *parts)
        wanted = [f"{stem}.py", f"{stem}.pyi", posixpath.join(stem, "__init__.py")]
        return next((path for want in wanted for path in paths if _slashed(path) == want), None)
    if not parts:
        return None
    stem = "/".join(parts)
    ends = (f"{stem}.py", f"{stem}.pyi", f"{stem}/__init__.py")
    found = [path for path in paths for end in ends if f"/{_slashed(path)}".endswith(f"/{end}")]
    return max(found, key=lambda path: _shared(_slashed(path), importer), default=None)


def _script(module: str, importer: str, paths: Collection[str]) -> str | None:
    if not module.startswith("."):
        return None
    stem = posixpath.normpath(posixpath.join(posixpath.dirname(importer), module))
    by_slashed = {_slashed(path): path for path in paths}
    return next((by_slashed[one] for one in script_files(stem) if one in by_slashed), None)


def script_files(stem: str) -> Iterator[str]:
    """What a relative import of a script may mean, the first that is there first."""
    yield stem
    for ending in SCRIPT_ENDINGS:
        yield stem + ending
    for written, sources in COMPILED.items():
        if stem.endswith(written):
            yield from (stem.removesuffix(written) + source for source in sources)
    for ending in SCRIPT_ENDINGS:
        yield posixpath.join(stem, f"index{ending}")


def _slashed(path: str) -> str:
    return path.replace("\\", "/")


def _shared(left: str, right: str) -> int:
    """How many characters two paths have in common from their start."""
    return len(posixpath.commonprefix((left, right)))
