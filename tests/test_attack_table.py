"""The table of attacks names tests that exist, and leaves no attack out."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = re.findall(r"^\| (.+?) \| (.+?) \| (`test_.+`) \|$", (ROOT / "docs/attacks.md").read_text("utf-8"), re.M)
ASKED = """wrong pin with a valid CA, expired certificate, unsigned, replayed, downgraded, clock back,
clock far forward,
forged receipt, receipt for another item, instrument by the wrong party, backdated instrument, relay without consent,
SSRF, path traversal, bombs, `alg=none`, wrong audience, session fixation, CSRF, a role acting above itself"""


def test_every_attack_that_was_asked_about_is_in_the_table() -> None:
    assert {one.strip() for one in ASKED.replace("\n", " ").split(",")} <= {name for name, _, _ in ROWS}


def test_every_test_of_the_table_exists() -> None:
    for name, _, tests in ROWS:
        found = re.findall(r"`(test_\w+\.py)::(test_\w+)`", tests)
        assert found, name
        for file, test in found:
            assert re.search(rf"^ *def {test}\(", (ROOT / "tests" / file).read_text("utf-8"), re.M), (name, file, test)
