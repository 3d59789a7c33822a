"""The command ``midfill``.

Exit codes: 0 done (``fill``: a proposal), 1 something is wrong with the installation or a run,
2 bad input (one line on stderr), 3 ``fill``: a refusal.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.denoisers.device import VARIABLE
from engine.errors import BadInput, DamagedWeights, MidfillError
from lsp_server.arguments import build_parser
from lsp_server.parser import EXIT_BAD_INPUT

if TYPE_CHECKING:
    from lsp_server.fill import FillOptions

EXIT_FAILURE = 1
EXIT_INTERRUPTED = 130

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    # Python has none where the caller closed it.
    sys.stdout = sys.stdout or open(os.devnull, "w")
    sys.stderr = sys.stderr or open(os.devnull, "w")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Who reads a pipe or a file on Windows would get what its code page has no letter for as ?.
        encoding = None if sys.stdout.isatty() or sys.platform != "win32" else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="replace")
    try:
        code = _run(argv)
        sys.stdout.flush()
        return code
    except (BadInput, DamagedWeights) as error:
        return _fail(error, EXIT_BAD_INPUT)
    except MidfillError as error:
        return _fail(error, EXIT_FAILURE)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        _drop_output()
        return EXIT_FAILURE
    except OSError as error:
        what = "what is printed" if error.filename is None else error.filename
        code = _fail(BadInput(f"{what}: {error.strerror or error}"), EXIT_FAILURE)
        _drop_output()
        return code


def _run(argv: Sequence[str] | None) -> int:
    parser = build_parser()
    try:
        arguments = parser.parse_args(argv)
    finally:
        sys.stdout.flush()  # what --help has written
    if arguments.command is None:
        parser.print_help()
        return 0
    if getattr(arguments, "device", None) is not None:
        # Processes that a command starts are to run on it, too.
        os.environ[VARIABLE] = arguments.device
    return _COMMANDS[arguments.command](arguments)


def _drop_output() -> None:
    """Keep the interpreter's own flush from complaining again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: MidfillError, code: int) -> int:
    sys.stderr.write("midfill: " + " ".join(str(error).splitlines()) + "\n")
    return code


# Each command imports what it needs when it runs: help and errors stay instant.


def _fill(arguments: argparse.Namespace) -> int:
    from lsp_server.fill import fill

    options = _fill_options(arguments)
    return fill(arguments.place, options, arguments.json, arguments.watch, sys.stdout)


def _why(arguments: argparse.Namespace) -> int:
    from lsp_server.fill import why

    return why(arguments.place, _fill_options(arguments), sys.stdout)


def _fill_options(arguments: argparse.Namespace) -> FillOptions:
    from engine.remote.backend import parse_backend
    from lsp_server.fill import FillOptions

    return FillOptions(
        budget_ms=arguments.budget_ms,
        effort=arguments.effort,
        candidates=arguments.candidates,
        seed=arguments.seed,
        model=arguments.model,
        may_be_ignored=arguments.ignored,
        backend=None if arguments.backend is None else parse_backend(arguments.backend),
    )


def _lsp(arguments: argparse.Namespace) -> int:
    if arguments.connect:
        return _connect(arguments)
    from lsp_server.launch import LaunchOptions, launch

    options = LaunchOptions(
        tcp=arguments.tcp,
        model=arguments.model,
        is_in_process=arguments.in_process,
        log_file=arguments.log_file,
        log_level=logging.getLevelName(arguments.log_level.upper()),
    )
    return launch(options)


def _connect(arguments: argparse.Namespace) -> int:
    from lsp_server.connect import ConnectOptions, connect

    options = ConnectOptions(
        model=arguments.model,
        is_in_process=arguments.in_process,
        log_file=None if arguments.log_file is None else arguments.log_file.absolute(),
        log_level=logging.getLevelName(arguments.log_level.upper()),
    )
    return connect(options)


def _serve(arguments: argparse.Namespace) -> int:
    from lsp_server.serve import serve

    return serve(arguments)


def _latency(arguments: argparse.Namespace) -> int:
    from lsp_server.latency import LatencyConfig, latency

    if len(arguments.places) != 2:
        raise BadInput("midfill bench latency takes one folder or corpus file")
    corpus = Path(arguments.places[1])
    config = LatencyConfig(
        corpus,
        arguments.lines,
        arguments.keys,
        arguments.model,
        arguments.plot,
        rest_s=arguments.rest_s,
        from_lines=arguments.from_lines,
    )
    return latency(config, arguments.json, sys.stdout)


def _serve_bench(arguments: argparse.Namespace) -> int:
    from lsp_server.serve_bench import ServeBenchConfig, serve_bench

    places = arguments.places[1:]
    if not places:
        raise BadInput("midfill bench serve needs places: FILE:LINE:COL, or @FILE with some")
    config = ServeBenchConfig(
        places, arguments.streams, arguments.repeats, arguments.model, arguments.url
    )
    return serve_bench(config, arguments.json, sys.stdout)


def _llama_bench(arguments: argparse.Namespace) -> int:
    from lsp_server.llama_bench import llama_bench

    places = arguments.places[1:]
    if not places or arguments.repeats < 2:
        raise BadInput("midfill bench llama needs places (FILE:LINE:COL or @FILE) and 2 repeats")
    return llama_bench(places, arguments.repeats, arguments.model, arguments.json, sys.stdout)


def _bench(arguments: argparse.Namespace) -> int:
    forms = {"latency": _latency, "serve": _serve_bench, "llama": _llama_bench}
    form = forms.get(arguments.places[0])
    if form is not None:
        return form(arguments)
    if ":" not in arguments.places[0]:
        raise BadInput(
            f"'{arguments.places[0]}' is neither FILE:LINE:COL nor one of {', '.join(forms)}: "
            "see midfill bench --help"
        )
    from lsp_server.bench import bench

    return bench(arguments.places, arguments.repeats, arguments.model, arguments.json, sys.stdout)


def _eval(arguments: argparse.Namespace) -> int:
    from lsp_server.evaluation import evaluate

    return evaluate(arguments, sys.stdout)


def _train(arguments: argparse.Namespace) -> int:
    from lsp_server.train import train

    return train(arguments, sys.stdout)


def _models(arguments: argparse.Namespace) -> int:
    from lsp_server.added_models import AddOptions, add_model, recommend, remove_model
    from lsp_server.models import list_models, verify_model

    if arguments.action == "add":
        options = AddOptions(arguments.name, arguments.download, arguments.force)
        return add_model(arguments.source, options, sys.stdout)
    if arguments.action == "remove":
        return remove_model(arguments.model, sys.stdout)
    if arguments.action == "recommend":
        return recommend(sys.stdout)
    if arguments.action == "list":
        return list_models(arguments.json, sys.stdout)
    return verify_model(arguments.model, sys.stdout)


def _doctor(arguments: argparse.Namespace) -> int:
    from lsp_server.doctor import doctor

    return doctor(arguments.model, sys.stdout)


def _settings(arguments: argparse.Namespace) -> int:
    from lsp_server.settings_schema import print_settings

    return print_settings(arguments.schema, sys.stdout)


def _stats(arguments: argparse.Namespace) -> int:
    from lsp_server.stats import forget, show_judged, stats

    if arguments.judged:
        return show_judged(sys.stdout)
    if arguments.forget:
        return forget(sys.stdout)
    return stats(arguments.days, arguments.json, arguments.png, sys.stdout)


_COMMANDS: dict[str, Command] = {
    "bench": _bench,
    "doctor": _doctor,
    "eval": _eval,
    "fill": _fill,
    "lsp": _lsp,
    "models": _models,
    "serve": _serve,
    "settings": _settings,
    "stats": _stats,
    "train": _train,
    "why": _why,
}

if __name__ == "__main__":
    sys.exit(main())
