from __future__ import annotations

from pathlib import Path

from engine.denoisers.families.catalogue import FAMILIES


def test_the_page_of_families_says_what_the_code_does(repository: Path) -> None:
    page = (repository / "docs" / "families.md").read_text(encoding="utf-8")
    rows = {
        cells[0].strip("`"): cells[1:7]
        for line in page.splitlines()
        if line.startswith("| `")
        for cells in [[cell.strip() for cell in line.replace("\\|", "¦")[1:-1].split("|")]]
    }
    assert rows == {
        family.name: [
            family.title,
            family.stock.capitalize(),
            family.arrangement.value,
            "yes" if family.is_shifted else "no",
            "first-step confidence" if family.length.value != "token" else "token",
            f"`{family.mask_tokens[0].replace('|', '¦')}`",
        ]
        for family in FAMILIES
    }
