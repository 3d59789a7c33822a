"""The command ``midfill``.

Exit codes: 0 done (``fill``: a proposal), 1 something is wrong with the installation or a run,
2 bad input (one line on stderr), 3 ``fill``: a refusal.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from engine.errors import BadInput, DamagedWeights, MidfillError
from engine.request import Effort
from lsp_server import __version__

EXIT_FAILURE = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, where argparse prints the usage as well."""

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2."""
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    parser = _build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return 0
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        code = command(arguments)
        sys.stdout.flush()
        return code
    except (BadInput, DamagedWeights) as error:
        return _fail(error, EXIT_BAD_INPUT)
    except MidfillError as error:
        return _fail(error, EXIT_FAILURE)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough; the interpreter's own flush must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILURE


def _fail(error: MidfillError, code: int) -> int:
    sys.stderr.write("midfill: " + " ".join(str(error).splitlines()) + "\n")
    return code


def _build_parser() -> _Parser:
    parser = _Parser(
        prog="midfill",
        description="Fills holes in code with a diffusion language model, offline.",
    )
    parser.add_argument("--version", action="version", version=f"midfill {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_fill(commands)
    _add_why(commands)
    _add_lsp(commands)
    _add_bench(commands)
    _add_doctor(commands)
    return parser


def _add_fill(commands: Any) -> None:
    fill = commands.add_parser(
        "fill",
        help="propose what belongs at a place of a file",
        description="Print what belongs at a place of a file. The file is never changed. "
        "Exit code: 0 a proposal, 3 a refusal, 2 bad input.",
    )
    _add_request(fill)
    shapes = fill.add_mutually_exclusive_group()
    shapes.add_argument("--json", action="store_true", help="print one JSON object")
    shapes.add_argument("--watch", action="store_true", help="show each denoising step")
    fill.set_defaults(command=_fill)


def _add_why(commands: Any) -> None:
    why = commands.add_parser("why", help="explain what is proposed at a place, or why nothing is")
    _add_request(why)
    why.set_defaults(command=_why)


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "place", metavar="FILE:LINE:COL", help="both count from 1, COL in characters"
    )
    parser.add_argument(
        "--budget-ms", type=_positive_float, metavar="N", help="time limit (default: none)"
    )
    parser.add_argument(
        "--effort",
        type=_effort,
        default=Effort.MEDIUM,
        metavar="{" + ",".join(effort.value for effort in Effort) + "}",
        help="how many steps and candidates to buy (default: medium)",
    )
    parser.add_argument(
        "--candidates", type=_positive_int, default=1, metavar="K", help="distinct proposals wanted"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same text")
    _add_model(parser)


def _add_lsp(commands: Any) -> None:
    lsp = commands.add_parser(
        "lsp",
        help="serve an editor over the Language Server Protocol",
        description="Serve an editor over the Language Server Protocol on stdin and stdout.",
    )
    lsp.add_argument(
        "--tcp", type=_address, metavar="HOST:PORT", help="listen there (loopback only)"
    )
    lsp.add_argument("--log-file", type=Path, metavar="FILE", help="log there (default: stderr)")
    lsp.add_argument(
        "--log-level",
        choices=["debug", "info", "warning", "error"],
        default="info",
        help="debug logs users' code too (default: info)",
    )
    lsp.add_argument(
        "--in-process", action="store_true", help="run the engine in a thread (for debugging)"
    )
    _add_model(lsp)
    lsp.set_defaults(command=_lsp)


def _add_bench(commands: Any) -> None:
    bench = commands.add_parser(
        "bench",
        help="measure latency and memory at some places",
        description="Measure the latency of fill at some places: stage by stage, p50 and p95, "
        "with memory and the time of a cold start. @FILE reads places from a file.",
        fromfile_prefix_chars="@",
    )
    bench.add_argument("places", nargs="+", metavar="FILE:LINE:COL")
    bench.add_argument(
        "--repeats", type=_positive_int, default=5, metavar="N", help="requests a place (default 5)"
    )
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    _add_model(bench)
    bench.set_defaults(command=_bench)


def _add_doctor(commands: Any) -> None:
    doctor = commands.add_parser("doctor", help="check the installation and the model")
    _add_model(doctor)
    doctor.set_defaults(command=_doctor)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="M", help="name or path (default: the one that ships)")


def _effort(text: str) -> Effort:
    if text not in [effort.value for effort in Effort]:
        valid = ", ".join(effort.value for effort in Effort)
        raise argparse.ArgumentTypeError(f"'{text}' is none of {valid}")
    return Effort(text)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not HOST:PORT, as in 127.0.0.1:7777")
    return host, int(port)


def _positive_float(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return number


def _positive_int(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)


# Each command imports what it needs when it runs: help and errors stay instant.


def _fill(arguments: argparse.Namespace) -> int:
    from lsp_server.fill import fill

    options = _fill_options(arguments)
    return fill(arguments.place, options, arguments.json, arguments.watch, sys.stdout)


def _why(arguments: argparse.Namespace) -> int:
    from lsp_server.fill import why

    return why(arguments.place, _fill_options(arguments), sys.stdout)


def _fill_options(arguments: argparse.Namespace) -> Any:
    from lsp_server.fill import FillOptions

    return FillOptions(
        budget_ms=arguments.budget_ms,
        effort=arguments.effort,
        candidates=arguments.candidates,
        seed=arguments.seed,
        model=arguments.model,
    )


def _lsp(arguments: argparse.Namespace) -> int:
    from lsp_server.server import ServeOptions, serve

    options = ServeOptions(
        tcp=arguments.tcp,
        model=arguments.model,
        is_in_process=arguments.in_process,
        log_file=arguments.log_file,
        log_level=logging.getLevelName(arguments.log_level.upper()),
    )
    return serve(options)


def _bench(arguments: argparse.Namespace) -> int:
    from lsp_server.bench import bench

    return bench(arguments.places, arguments.repeats, arguments.model, arguments.json, sys.stdout)


def _doctor(arguments: argparse.Namespace) -> int:
    from lsp_server.doctor import doctor

    return doctor(arguments.model, sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
