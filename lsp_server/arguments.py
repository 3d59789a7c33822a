"""What the command ``midfill`` understands. Knows names, types and help; runs nothing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.denoisers.device import checked_device
from engine.errors import BadInput
from engine.request import Effort
from lsp_server import __version__
from lsp_server.eval_arguments import add_eval
from lsp_server.parser import Parser
from lsp_server.serve_arguments import add_serve
from lsp_server.train_arguments import add_train


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; ``command`` is the command's name, or None."""
    parser = Parser(
        prog="midfill",
        description="Fills holes in code with a diffusion language model, offline.",
    )
    parser.add_argument("--version", action="version", version=f"midfill {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    _add_fill(commands)
    _add_why(commands)
    _add_lsp(commands)
    _add_model(add_serve(commands, _address, _positive_int, _positive_float))
    _add_bench(commands)
    evaluation = add_eval(commands, _positive_int)
    _add_policy(evaluation)
    _add_model(evaluation)
    add_train(commands, _positive_int, _positive_float)
    _add_models(commands)
    _add_doctor(commands)
    _add_settings(commands)
    _add_stats(commands)
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


def _add_why(commands: Any) -> None:
    why = commands.add_parser("why", help="explain what is proposed at a place, or why nothing is")
    _add_request(why)


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "place", metavar="FILE:LINE:COL", help="both count from 1, COL in characters"
    )
    parser.add_argument(
        "--candidates", type=_positive_int, default=1, metavar="K", help="distinct proposals wanted"
    )
    parser.add_argument(
        "--ignored",
        action="store_true",
        help="answer for a file that .gitignore, .midfillignore or its name (a key, .env) hides",
    )
    _add_policy(parser)
    parser.add_argument(
        "--backend",
        metavar="B",
        help="also send the code to a server: mercury, 'llama.cpp http://127.0.0.1:8080'",
    )
    _add_model(parser)


def _add_policy(parser: argparse.ArgumentParser) -> None:
    """How a request is answered."""
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
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same text")


def _add_lsp(commands: Any) -> None:
    lsp = commands.add_parser(
        "lsp",
        help="serve an editor over the Language Server Protocol",
        description="Serve an editor over the Language Server Protocol on stdin and stdout.",
    )
    ways = lsp.add_mutually_exclusive_group()
    ways.add_argument(
        "--tcp", type=_address, metavar="HOST:PORT", help="listen there (loopback only)"
    )
    ways.add_argument(
        "--connect",
        action="store_true",
        help="join the server that all windows share, started if need be: one model in memory",
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


def _add_bench(commands: Any) -> None:
    bench = commands.add_parser(
        "bench",
        help="measure latency and memory at some places",
        description="Measure the latency of fill at some places: stage by stage, p50 and p95, "
        "with memory and the time of a cold start. @FILE reads places from a file. "
        "`midfill bench latency FOLDER` types lines of a folder's files, or of a corpus, key by "
        "key into a language server of its own. `midfill bench serve PLACES` has many clients ask "
        "an HTTP server at once, and compares each answer with the one it gave alone. "
        "`midfill bench llama PLACES` has llama.cpp read the same tokens and write as many.",
        fromfile_prefix_chars="@",
    )
    bench.add_argument(
        "places", nargs="+", metavar="FILE:LINE:COL | latency FOLDER | serve | llama"
    )
    bench.add_argument(
        "--repeats", type=_positive_int, default=5, metavar="N", help="requests a place (default 5)"
    )
    _add_typing(bench)
    bench.add_argument(
        "--streams", type=_positive_int, default=8, metavar="N", help="serve: clients (default 8)"
    )
    bench.add_argument("--url", metavar="URL", help="serve: a server that runs on this machine")
    bench.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the latencies")
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    _add_model(bench)


def _add_typing(bench: argparse.ArgumentParser) -> None:
    bench.add_argument(
        "--lines", type=_positive_int, default=20, metavar="N", help="lines typed (default 20)"
    )
    bench.add_argument(
        "--keys", type=_positive_int, default=8, metavar="N", help="keys of a line (default 8)"
    )
    bench.add_argument(
        "--rest-s",
        type=_positive_float,
        default=0.0,
        metavar="S",
        help="rest at each place before its first key, so that the engine can read ahead",
    )
    bench.add_argument(
        "--from-lines", type=_positive_int, default=0, metavar="N", help="rest so many lines away"
    )


def _add_models(commands: Any) -> None:
    models = commands.add_parser("models", help="list, verify, add, remove, recommend")
    actions = models.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="names, origin and measured quality")
    listed.add_argument("--json", action="store_true", help="print one JSON list")
    verify = actions.add_parser("verify", help="compare a model's files with their SHA-256")
    verify.add_argument("model", nargs="?", metavar="M", help="name or path (default: the default)")
    add = actions.add_parser("add", help="put a model from Hugging Face on the list")
    add.add_argument(
        "source", metavar="FOLDER|ID", help="a fetched folder, or OWNER/NAME with --download"
    )
    add.add_argument(
        "--download",
        action="store_true",
        help="fetch OWNER/NAME from the hub (HF_ENDPOINT, HF_TOKEN), or go on with it",
    )
    add.add_argument("--force", action="store_true", help="even if memory is too small for it")
    add.add_argument("--name", metavar="NAME", help="what to call it (the folder's name)")
    remove = actions.add_parser("remove", help="take an added model off the list")
    remove.add_argument("model", metavar="M")
    actions.add_parser("recommend", help="what fits this machine")


def _add_doctor(commands: Any) -> None:
    doctor = commands.add_parser("doctor", help="check the installation and the model")
    _add_model(doctor)


def _add_settings(commands: Any) -> None:
    settings = commands.add_parser("settings", help="list the settings of the language server")
    settings.add_argument(
        "--schema", action="store_true", help="print their JSON Schema, for editors"
    )


def _add_stats(commands: Any) -> None:
    stats = commands.add_parser(
        "stats",
        help="what became of the proposals, by language",
        description="Acceptance, survival, latency and reasons for silence, from counts that "
        "never leave this machine.",
    )
    stats.add_argument(
        "--days", type=_positive_int, metavar="N", help="of the last N days (default: all)"
    )
    stats.add_argument("--json", action="store_true", help="print one JSON object")
    kept = stats.add_mutually_exclusive_group()
    kept.add_argument(
        "--judged", action="store_true", help="print the texts that are kept for training instead"
    )
    kept.add_argument("--forget", action="store_true", help="delete these texts")
    stats.add_argument(
        "--png", type=Path, metavar="FILE", help="draw a picture there (midfill[plots])"
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="M", help="name or path (default: the one that ships)")
    parser.add_argument(
        "--device",
        type=_device,
        metavar="D",
        help="auto, cpu, cuda, cuda:1 or torch-cpu (default: what MIDFILL_DEVICE says, else auto: "
        "the GPU, if there is one and midfill[torch] is installed)",
    )


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


def _device(text: str) -> str:
    try:
        return checked_device(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(f"{error}") from error


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
