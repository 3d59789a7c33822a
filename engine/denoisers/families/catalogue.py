"""All families, and which one a checkpoint belongs to."""

from __future__ import annotations

from collections.abc import Collection

from engine.denoisers.families.converted import OPEN_DCODER, bidirectional, converted
from engine.denoisers.families.diffusion_gemma import DIFFUSION_GEMMA
from engine.denoisers.families.dream import DREAM, DREAMON
from engine.denoisers.families.family import Config, Family
from engine.denoisers.families.llada import LLADA
from engine.denoisers.families.llada2 import LLADA2
from engine.denoisers.families.sdar import SDAR
from engine.denoisers.families.stable_diffcoder import STABLE_DIFFCODER
from engine.errors import UnknownModel

_STOCK = ("llama", "qwen2", "qwen3")
# By ``model_type`` in lower case; the first whose needed tokens are there is taken.
_BY_TYPE: dict[str, tuple[Family, ...]] = {
    "dream": (DREAMON, DREAM),
    "llada": (LLADA,),
    "diffusion_gemma": (DIFFUSION_GEMMA,),
    "sdar": (SDAR,),
    "llada2_moe": (LLADA2,),
    "llama": (STABLE_DIFFCODER, converted("llama"), bidirectional("llama")),
    "qwen2": (converted("qwen2"), OPEN_DCODER, bidirectional("qwen2")),
    "qwen3": (converted("qwen3"), bidirectional("qwen3")),
    **{f"a2d-{stock}": (bidirectional(stock),) for stock in _STOCK},
}
FAMILIES = tuple({family.name: family for group in _BY_TYPE.values() for family in group}.values())


def family_of(config: Config, tokens: Collection[str], where: str) -> Family:
    """The family of a configuration and a vocabulary; ``midfill_family`` in it overrules.

    Raises UnknownModel naming ``where``.
    """
    chosen = config.get("midfill_family")
    if chosen is not None:
        named = next((family for family in FAMILIES if family.name == chosen), None)
        if named is None:
            names = ", ".join(family.name for family in FAMILIES)
            raise UnknownModel(f"{where}: no family {chosen}: midfill_family is one of {names}")
        return named
    kind = known_type(config, where)
    for family in _BY_TYPE[kind]:
        if all(token in tokens for token in family.needed_tokens):
            return family
    raise UnknownModel(f"{where}: lacks the special tokens of {_BY_TYPE[kind][0].title}")


def known_type(config: Config, where: str) -> str:
    """The ``model_type`` of a configuration, in lower case. Raises UnknownModel for another one."""
    kind = str(config.get("model_type", "")).lower()
    if kind not in _BY_TYPE:
        raise UnknownModel(
            f"{where}: model_type {kind or 'is missing and'} is no known diffusion family: "
            f"there are {', '.join(_BY_TYPE)}"
        )
    return kind
