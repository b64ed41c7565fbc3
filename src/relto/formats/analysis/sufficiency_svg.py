"""Who would know of a launch when, as pictures: standalone SVG, light and dark, for the desk and for `--svg`.

A bar runs from the low to the high end of a band, with a tick at its nominal value. Green, solid: in all sets of
assumptions. Amber, dashed outline: in some. Red, dashed outline: in none. Blue: the latest instant that is soon enough.
Every colour has a word beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape

from relto.core.analysis.sufficiency import Assessment, Flip, NotAssessable, Sufficiency
from relto.core.analysis.sufficiency.knowing import ROUTES, Route
from relto.formats.analysis.sufficiency import ROUTE_WORDS

Say = Callable[[str], str]
"""A text in the reader's language."""
TITLE: Final = "Who would know when, seconds after launch"
LEFT: Final = "Warning time left alone and through the ally, in seconds"
MODEL: Final = "model output under assumptions, not a statement of fact"
HOLDS: Final = {"in all": "sufficient", "in some": "depends", "in none": "insufficient"}
CLOSED, NEVER, BEYOND = "not open then", "never known", "known after the impact"
IMPACT, LATEST, NEEDED = "impact of the missile", "latest to be soon enough", "needed"
FLIPS, WITHIN, OUTSIDE = "flips if {assumption} is {becomes} {unit}, not {was}", "within its band", "beyond its band"
DEGREES: Final = "degrees"
ASSUMPTIONS: Final = {
    "own": "time of {whose} from sight to warning",
    "elevation": "lowest angle of sight of {whose}",
    "overhead": "time for {whose} to see from above",
    "hop": "time of a hand-over to or from the ally",
    "handling": "time to mark anew and approve",
    "people": "time for people to ask and decide",
    "link": "time over the real-time link",
    "need": "time that {whose} needs",
}
"""What an assumption is of, by the first part of its name; the other is whose, or of which station."""
WORDS: Final = (
    *(TITLE, LEFT, MODEL, *ROUTE_WORDS.values(), *HOLDS.values(), CLOSED, NEVER, BEYOND, IMPACT, LATEST, NEEDED),
    *(FLIPS, WITHIN, OUTSIDE, DEGREES, *ASSUMPTIONS.values()),
)
"""All texts of these pictures, in English: what `say` is asked for."""
_WIDTH: Final = 960
_NAMES, _RIGHT, _ROW, _TOP = 190, 190, 26, 76
_LAUNCHES, _TOLD = 124, 168
_WORTH_SEEING: Final = 1.5
"""How much more warning time than is ever needed a picture of all launches shows; what is beyond, an arrow says."""
_CLASSES: Final = {"in all": "force", "in some": "ending", "in none": "lapsed"}
_STYLE: Final = """
text{font:12px system-ui,'Noto Sans CJK KR','Noto Sans CJK JP',sans-serif;fill:#16202c}
.title{font-weight:600;font-size:15px}.head{font-weight:600}.dim{fill:#5a6676}.paper{fill:#fff}
.force{fill:#1e6b45}.ending{fill:#f6e3c3;stroke:#8a4b00;stroke-dasharray:4 3}
.lapsed{fill:none;stroke:#b3123b;stroke-dasharray:4 3}
.tick{stroke:#16202c;stroke-width:2}.axis{stroke:#c5ccd4}.now{stroke:#1d4f91;stroke-width:2}
.nowtext{fill:#1d4f91;font-weight:600}.need{fill:#1d4f91;fill-opacity:.12}.end{stroke:#16202c;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#e6eaef}.dim{fill:#9fabb8}.paper{fill:#12181f}.force{fill:#2f8f60}
.ending{fill:#4a3413;stroke:#f0b35a}.lapsed{stroke:#ff7a95}.tick{stroke:#e6eaef}.axis{stroke:#39434e}.now{stroke:#7db0ff}
.nowtext{fill:#7db0ff}.need{fill:#7db0ff}.end{stroke:#e6eaef}}
""".replace("\n", "")


def launch_svg(found: Assessment, say: Say = str) -> bytes:
    """One launch: for each party the band of each route until the impact, when it must know at the latest, and what
    would flip the verdict."""
    scale = _Scale(found.flight, _NAMES, _WIDTH - _RIGHT)
    parts, top = list[str](), float(_TOP)
    for one in found.parties:
        drawn, top = _party(one, found.flight, scale, top, say)
        parts += drawn
    foot = [
        *scale.axis(_TOP - 14, top - 8),
        f'<line class="end" x1="{scale.at(found.flight):.1f}" y1="{_TOP - 14}" x2="{scale.at(found.flight):.1f}" '
        f'y2="{top - 8:.1f}"/>',
        f'<text class="dim" x="{scale.at(found.flight) + 6:.1f}" y="{_TOP - 20}">{_clean(say(IMPACT))}</text>',
    ]
    return _picture(f"{found.launch.id}: {say(TITLE)}", say(MODEL), [*foot, *parts], top + 24)


def launches_svg(found: Iterable[Assessment | NotAssessable], parties: Sequence[str], say: Say = str) -> bytes:
    """All launches: for each and each party the warning time that is left, beside what is needed."""
    assessed = [one for one in found if isinstance(one, Assessment)]
    most = _WORTH_SEEING * max((one.need[2] for row in assessed for one in row.parties), default=1.0)
    wide = (_WIDTH - _LAUNCHES) / max(len(parties), 1)
    lefts = [_LAUNCHES + n * wide for n in range(len(parties))]
    scales = [_Scale(most, left, left + wide - _TOLD) for left in lefts]
    bottom = _TOP + 18 + len(assessed) * 18
    parts: list[str] = []
    for number, (party, scale) in enumerate(zip(parties, scales, strict=True)):
        parts.append(f'<text class="head" x="{scale.left:.1f}" y="{_TOP - 12}">{_clean(party)}</text>')
        parts += scale.axis(_TOP + 4, bottom - 12)
        if assessed:
            need = assessed[0].parties[number].need
            left, right = scale.at(need[0]), scale.at(need[2])
            parts.append(
                f'<rect class="need" x="{left:.1f}" y="{_TOP + 4}" width="{max(right - left, 1):.1f}" '
                f'height="{bottom - _TOP - 16}"><title>{_clean(say(NEEDED))}: {span_text(need)} s</title></rect>'
            )
            parts.append(_upright("now", scale.at(need[1]), _TOP + 4, bottom - 12))
            parts.append(
                f'<text class="nowtext" x="{scale.at(need[1]) + 4:.1f}" y="{_TOP - 12}">{_clean(say(NEEDED))} '
                f"{need[1]:.0f} s</text>"
            )
    for row, one in enumerate(assessed):
        y = _TOP + 10 + row * 18
        parts.append(f'<text x="16" y="{y + 10}">{_clean(one.launch.id)}</text>')
        for verdict, scale in zip(one.parties, scales, strict=True):
            parts += _band(verdict.left, _CLASSES[verdict.holds], scale, y, 11)
            said = f"{span_text(verdict.left)} s · {say(HOLDS[verdict.holds])}"
            parts.append(f'<text class="dim" x="{scale.right + 8:.1f}" y="{y + 10}">{_clean(said)}</text>')
    return _picture(say(LEFT), say(MODEL), parts, bottom + 20)


class _Scale:
    """Seconds along a line."""

    def __init__(self, most: float, left: float, right: float) -> None:
        self.most, self.left, self.right = max(most, 1.0), left, right

    def at(self, seconds: float) -> float:
        return self.left + min(max(seconds, 0.0), self.most) / self.most * (self.right - self.left)

    def axis(self, top: float, bottom: float) -> list[str]:
        """Lines at round seconds, no more than fit."""
        wide = self.right - self.left
        step = next(one for one in (30, 60, 120, 300, 600, 1200, 3600, 10**9) if self.most / one * 48 <= max(wide, 48))
        found = []
        for second in range(0, int(self.most) + 1, step):
            x, y = self.at(second), bottom + 14
            found.append(_upright("axis", x, top, bottom))
            found.append(f'<text class="dim" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{second}</text>')
        return found


def _party(one: Sufficiency, flight: float, scale: _Scale, top: float, say: Say) -> tuple[list[str], float]:
    """The routes of one party, and where the next party begins."""
    said = f"{one.party}: {say(HOLDS[one.holds])}"
    parts = [f'<text class="head" x="16" y="{top + 12:.1f}">{_clean(said)}</text>']
    top += 22
    latest, bottom = flight - one.need[1], top + len(ROUTES) * _ROW
    soonest, last = scale.at(flight - one.need[2]), scale.at(flight - one.need[0])
    parts.append(
        f'<rect class="need" x="{soonest:.1f}" y="{top:.1f}" width="{max(last - soonest, 1):.1f}" '
        f'height="{bottom - top:.1f}"/>'
    )
    for route in ROUTES:
        parts.append(f'<text class="dim" x="28" y="{top + 16:.1f}">{_clean(say(ROUTE_WORDS[route]))}</text>')
        band, word = one.known[route], route_text(one, route, flight, say)
        if band[0] <= flight and route not in one.closed:
            parts += _band(band, _shade(band, flight, one.need), scale, top + 4, 16)
            parts.append(f'<text x="{scale.right + 8:.1f}" y="{top + 16:.1f}">{_clean(word)}</text>')
        else:
            parts.append(f'<text x="{scale.left + 8:.1f}" y="{top + 16:.1f}">{_clean(word)}</text>')
        top += _ROW
    if latest > 0:
        parts.append(_upright("now", scale.at(latest), top - len(ROUTES) * _ROW, top))
        band = (max(0.0, flight - one.need[2]), latest, flight - one.need[0])
        told = f"{say(LATEST)}: {latest:.0f} s ({span_text(band)})"
        anchor = "end" if scale.at(latest) > _WIDTH / 2 else "start"
        x = scale.at(latest) + (-6 if anchor == "end" else 6)
        y = top - len(ROUTES) * _ROW - 8
        parts.append(f'<text class="nowtext" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_clean(told)}</text>')
    for flip in one.flips:
        parts.append(f'<text x="28" y="{top + 16:.1f}">{_clean(flip_text(flip, say))}</text>')
        top += 18
    return parts, top + 34


def assumption_text(name: str, say: Say = str) -> str:
    """An assumption in words, by the name that its file gives it."""
    kind, _, whose = name.partition(".")
    return say(ASSUMPTIONS[kind]).format(whose=whose) if kind in ASSUMPTIONS else name


def flip_text(flip: Flip, say: Say = str) -> str:
    """The assumption that flips a verdict, in words."""
    unit = say(DEGREES) if flip.assumption.startswith("elevation.") else "s"
    said = say(FLIPS).format(
        assumption=assumption_text(flip.assumption, say),
        becomes=f"{flip.becomes:.6g}",
        was=f"{flip.was:.6g}",
        unit=unit,
    )
    return f"{said} ({say(WITHIN if flip.within else OUTSIDE)})"


def _shade(band: tuple[float, ...], flight: float, need: tuple[float, ...]) -> str:
    """Whether what comes by this route comes soon enough: always, in some sets, never."""
    if band[2] <= flight - need[2]:
        return "force"
    return "ending" if band[0] <= flight - need[0] else "lapsed"


def route_text(one: Sufficiency, route: Route, flight: float, say: Say = str) -> str:
    """When a party knows by a route, or why not, in words."""
    band = one.known[route]
    if route in one.closed:
        return say(CLOSED)
    if not math.isfinite(band[0]):
        return say(NEVER)
    return say(BEYOND) if band[0] > flight else f"{span_text(band)} s"


def span_text(band: Sequence[float]) -> str:
    """A band from its low to its high end, in seconds."""
    low, high = (f"{one:.0f}" if math.isfinite(one) else "∞" for one in (band[0], band[2]))
    return low if low == high else f"{low}–{high}"


def _band(band: Sequence[float], shade: str, scale: _Scale, top: float, tall: float) -> list[str]:
    """A bar; an arrow at the end of the scale where all of it is beyond."""
    left, right = scale.at(band[0]), scale.at(band[2])
    if band[0] >= scale.most:
        shape = f'd="M{right - 8:.1f} {top:.1f}l8 {tall / 2}l-8 {tall / 2}z"'
        return [f'<path class="{shade}" {shape}><title>{span_text(band)} s</title></path>']
    parts = [
        f'<rect class="{shade}" x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 3):.1f}" height="{tall}" rx="3">'
        f"<title>{span_text(band)} s</title></rect>"
    ]
    return [*parts, _upright("tick", scale.at(band[1]), top - 2, top + tall + 2)] if band[1] <= scale.most else parts


def _upright(name: str, x: float, top: float, bottom: float) -> str:
    return f'<line class="{name}" x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"/>'


def _picture(title: str, note: str, parts: Sequence[str], height: float) -> bytes:
    tall = round(height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {tall}" width="{_WIDTH}" height="{tall}" '
        f'role="img" aria-label="{_clean(title).replace(chr(34), "&quot;")}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{tall}"/>',
        f'<text class="title" x="16" y="22">{_clean(title)}</text>',
        f'<text class="dim" x="16" y="40">{_clean(note)}</text>',
        *parts,
        "</svg>\n",
    ]
    return "\n".join(lines).encode("utf-8")


def _clean(text: str) -> str:
    """Text for XML: escaped, without signs that XML does not allow or that turn the direction of what follows."""
    return escape("".join(char if char.isprintable() else " " for char in text))
