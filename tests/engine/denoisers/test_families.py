from __future__ import annotations

from pathlib import Path

from engine.denoisers.families.catalogue import FAMILIES
from engine.denoisers.families.family import Arrangement

STOCK = {"glm4_moe": "GLM-4 MoE", "diffusion_gemma": "DiffusionGemma"}


def rows_of(text: str) -> dict[str, list[str]]:
    """Cells of a table's rows behind the first one, by the name in it."""
    return {
        cells[0].strip("`"): cells[1:]
        for line in text.splitlines()
        if line.startswith("| `")
        for cells in [[cell.strip() for cell in line.replace("\\|", "¦")[1:-1].split("|")]]
    }


def test_the_page_of_families_says_what_the_code_does(repository: Path) -> None:
    page = (repository / "docs" / "families.md").read_text(encoding="utf-8")
    first, second = (rows_of(part) for part in page.split("\n## Infilling prompts"))
    assert {name: cells[:6] for name, cells in first.items()} == {
        family.name: [
            family.title,
            STOCK.get(family.stock, family.stock.capitalize()),
            family.arrangement.value,
            "yes" if family.is_shifted else "no",
            "first-step confidence" if family.length.value != "token" else "token",
            f"`{family.mask_tokens[0].replace('|', '¦')}`",
        ]
        for family in FAMILIES
    }
    assert {name: [cells[1], cells[2], cells[4]] for name, cells in second.items()} == {
        family.name: [
            str(family.block_size) if family.block_size > 1 else "",
            family.sampler,
            family.source,
        ]
        for family in FAMILIES
    }
    kinds = (Arrangement.PROMPTED, Arrangement.CANVAS)
    prompted = [family.name for family in FAMILIES if family.arrangement in kinds]
    assert all("first" in second[name][0] or "suffix" in second[name][0] for name in prompted)
