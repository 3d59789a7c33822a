"""Build the training corpus from pinned packages: fetch, filter, deduplicate, select, shuffle.

Resumable: archives and filtered packages are kept under the output folder, and every file appears
there in one step, so an interrupted build (Ctrl-C, power) goes on where it stopped. The same pins
and settings give the same corpus.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from engine.errors import TrainingError
from engine.training import filters, licences
from engine.training.archives import read_archive, read_standard_library
from engine.training.corpus import SourceFile, read_corpus, write_corpus
from engine.training.decontamination import Benchmarks
from engine.training.fetch import check_interpreter, fetch
from engine.training.filters import DropReason
from engine.training.pins import Pin, Registry, Split
from engine.training.selection import SelectionConfig, Selector

# Raise it when a filter changes: filtered packages of older builds are then made again.
FILTER_VERSION = 1
# So many packages are named at once; of more it is the network or the disk.
MAX_FAILURES = 10
# Filtered packages are read once or twice; the corpus' own level costs an hour over a thousand.
_CACHE_LEVEL = 3
_LICENCE_FILE = re.compile(r"(^|/)(METADATA|PKG-INFO|package\.json)$")
_READ_ORDER = (Split.TEST, Split.VALID, Split.TRAIN)


@dataclass(frozen=True, slots=True)
class CorpusConfig:
    """``registries`` limits the build to some pins; ``benchmarks`` are files to stay clear of."""

    selection: SelectionConfig = field(default_factory=SelectionConfig)
    registries: frozenset[Registry] = frozenset(Registry)
    benchmarks: tuple[Path, ...] = ()
    is_progress_shown: bool = True


@dataclass(slots=True)
class CorpusReport:
    """What was built: files and bytes of each split, licences of each package, drops by reason."""

    num_files: dict[str, int] = field(default_factory=dict)
    num_bytes: dict[str, int] = field(default_factory=dict)
    licences: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilteredPackage:
    """The files of one package that passed the filters of single files."""

    files: tuple[SourceFile, ...]
    licence: str
    dropped: Counter[DropReason]


def build_corpus(pins: Sequence[Pin], out_dir: Path, config: CorpusConfig) -> CorpusReport:
    """Write ``corpus.{train,valid,test}.jsonl.zst`` and ``corpus.report.json`` to ``out_dir``.

    Raises TrainingError that names the packages, file or benchmark and what to do about them; what
    was finished stays and is used by the next run. Network: the registries of the pins.
    """
    wanted = [pin for pin in pins if pin.registry in config.registries]
    if not wanted:
        raise TrainingError("no pinned package is left to build from; check the registries")
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{out_dir}: cannot be created ({error.strerror})") from error
    wanted.sort(key=lambda pin: (_READ_ORDER.index(pin.split), pin.key))
    selector = Selector(config.selection, Benchmarks.read(config.benchmarks))
    report = CorpusReport()
    chosen: dict[Split, list[SourceFile]] = {split: [] for split in Split}
    for pin, package in _packages(wanted, out_dir, config.is_progress_shown):
        selector.dropped.update(package.dropped)
        kept = selector.select(pin, package.files)
        chosen[pin.split].extend(kept)
        if kept:
            report.licences[f"{pin.name} {pin.version}"] = package.licence
    _write(chosen, out_dir, config.selection.seed, report)
    report.dropped = {reason.value: count for reason, count in selector.dropped.most_common()}
    _write_json(out_dir / "corpus.report.json", report)
    return report


def _packages(
    pins: Sequence[Pin], out_dir: Path, is_progress_shown: bool
) -> Iterator[tuple[Pin, FilteredPackage]]:
    """Each pin's filtered files. Raises TrainingError at the end, for all that could not be had."""
    failures: list[str] = []
    with tqdm(pins, unit="package", disable=not is_progress_shown, file=sys.stderr) as bar:
        for pin in bar:
            bar.set_postfix_str(pin.name)
            try:
                package = _filtered(pin, out_dir)
            except TrainingError as error:
                failures.append(str(error))
                if pin.registry is Registry.CPYTHON or len(failures) == MAX_FAILURES:
                    break  # another interpreter helps, and nothing else
                if is_progress_shown:
                    bar.write(f"{error}; going on with the others", file=sys.stderr)
                continue
            yield pin, package
    if failures:
        raise TrainingError("\n".join(failures))


def filter_package(pin: Pin, members: Iterable[tuple[str, bytes]]) -> FilteredPackage:
    """Judge the members of one package one by one; none is kept under an unlisted licence."""
    files: list[tuple[str, str, str]] = []
    dropped: Counter[DropReason] = Counter()
    found_licence = ""
    for path, data in members:
        if _LICENCE_FILE.search(path):
            found_licence = found_licence or _licence(path, data)
            continue
        language = filters.language_id(path)
        if language is None or not re.search(pin.select, path):
            continue
        text = filters.decode(data)
        reason = DropReason.NOT_UTF8 if text is None else None
        reason = reason or filters.path_reason(path) or filters.text_reason(text or "", language)
        if text is None or reason is not None:
            dropped[reason or DropReason.NOT_UTF8] += 1
        else:
            files.append((path, language, text))
    licence = found_licence or pin.licence
    if not licences.is_permissive(licence):
        return FilteredPackage((), licence, Counter({DropReason.LICENCE: len(files)}))
    kept = tuple(
        SourceFile(pin.name, pin.version, licence, path, language, text)
        for path, language, text in files
    )
    return FilteredPackage(kept, licence, dropped)


def _filtered(pin: Pin, out_dir: Path) -> FilteredPackage:
    """The filtered package from an earlier run, or made now."""
    stem = out_dir / "packages" / f"{pin.key}-{_fingerprint(pin)}"
    files, facts = stem.with_name(stem.name + ".jsonl.zst"), stem.with_name(stem.name + ".json")
    if facts.is_file() and files.is_file():  # the facts are written last
        return _read_filtered(files, facts)
    package = filter_package(pin, _members(pin, out_dir / "downloads"))
    stem.parent.mkdir(parents=True, exist_ok=True)
    write_corpus(files, package.files, _CACHE_LEVEL)
    dropped = {reason.name: count for reason, count in package.dropped.items()}
    _write_text(facts, json.dumps({"licence": package.licence, "dropped": dropped}))
    return package


def _read_filtered(files: Path, facts: Path) -> FilteredPackage:
    try:
        record = json.loads(facts.read_text("utf-8"))
        dropped = Counter({DropReason[name]: num for name, num in record["dropped"].items()})
        return FilteredPackage(tuple(read_corpus(files)), str(record["licence"]), dropped)
    except (OSError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise TrainingError(f"{facts}: damaged ({error}); delete it and run again") from error


def _members(pin: Pin, downloads: Path) -> Iterator[tuple[str, bytes]]:
    if pin.registry is Registry.CPYTHON:
        check_interpreter(pin)
        return read_standard_library(_is_wanted)
    return read_archive(fetch(pin, downloads), _is_wanted)


def _is_wanted(path: str) -> bool:
    return _is_root_metadata(path) or filters.language_id(path) is not None


def _is_root_metadata(path: str) -> bool:
    """The package's own metadata, not that of a package it carries."""
    folder, _, _ = path.rpartition("/")
    is_wheel = folder.endswith(".dist-info") and "/" not in folder
    return _LICENCE_FILE.search(path) is not None and (not folder or is_wheel)


def _licence(path: str, data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    if path.endswith("package.json"):
        return licences.licence_of_manifest(text)
    return licences.licence_of_metadata(text)


def _fingerprint(pin: Pin) -> str:
    parts = (FILTER_VERSION, pin.sha256, pin.select, pin.licence)
    return hashlib.sha256(repr(parts).encode("utf-8")).hexdigest()[:10]


def _write(
    chosen: dict[Split, list[SourceFile]], out_dir: Path, seed: int, report: CorpusReport
) -> None:
    for split, files in chosen.items():
        random.Random(f"{seed}/{split.value}").shuffle(files)
        report.num_files[split.value] = write_corpus(
            out_dir / f"corpus.{split.value}.jsonl.zst", files
        )
        report.num_bytes[split.value] = sum(len(file.text.encode("utf-8")) for file in files)


def _write_json(path: Path, report: CorpusReport) -> None:
    record = {
        "num_files": report.num_files,
        "num_bytes": report.num_bytes,
        "dropped": report.dropped,
        "licences": dict(sorted(report.licences.items())),
    }
    _write_text(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, "utf-8")
        partial.replace(path)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written ({error.strerror})") from error
