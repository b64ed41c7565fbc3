"""Pictures of every page, in both themes, three languages and two widths: `python -m tests.shots [FOLDER]`."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from relto.serve.console.words import NAMES
from tests.browsing import chromium, furnished, page_of, walks, why_no_browser
from tests.desk import Desks

WIDTHS: Final = (1280, 390)


def main() -> None:
    """Make the pictures, and say where they are."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "shots")
    if why := why_no_browser():
        raise SystemExit(why)
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as nodes, furnished(Path(nodes)) as made, chromium() as browser:
        for party, account, pages in walks(made):
            _shoot(browser, made, party, account, (*pages, "/sign-in"), folder)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")  # noqa: T201


def _shoot(browser: Any, made: Desks, party: str, account: str, pages: tuple[str, ...], folder: Path) -> None:
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            size = {"width": width, "height": 900}
            with page_of(browser, made, party, account, color_scheme=scheme, viewport=size) as (page, _):
                for language in NAMES:
                    page.goto(made.urls[party] + f"/desk/language/{language}")
                    for number, path in enumerate(pages):
                        page.goto(made.urls[party] + "/desk" + path)
                        name = re.sub(r"[^a-z0-9]+", "-", path.lower())[:40].strip("-") or "agreements"
                        shot = folder / f"{party}-{account}-{number:02}-{name}-{language}-{scheme}-{width}.png"
                        page.screenshot(path=str(shot), full_page=True)


if __name__ == "__main__":
    main()
