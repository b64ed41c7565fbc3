"""The legal timeline as a picture: a standalone SVG, light and dark, in the language of shapes of the desk.

Green, solid: in force. Amber, dashed outline: in force but ending, or suspended. Red, dashed outline: lapsed. Blue: the
instant being looked at. Every colour has a word beside it. Labels of instruments are stacked so that none collide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias
from xml.sax.saxutils import escape

from relto.core.agreement import Agreement, Instrument, Segment, State
from relto.core.agreement.instrument import INSTRUMENT_KINDS
from relto.core.timeline import Instant, first_instant, format_local, local_day
from relto.core.timeline.day import Day

_WIDTH: Final = 1120
_LEFT: Final = 24
_RIGHT: Final = 24
_BAR: Final = 28
_ROW: Final = 18
_CHAR: Final = 6.6  # px a sign at 12 px, on the wide side
_STATES: Final[dict[State, str]] = {
    "unsigned": "not signed",
    "signed": "signed",
    "in-force": "in force",
    "notice-given": "notice given",
    "notice-suspended": "notice suspended",
    "lapsed": "lapsed",
}
_AS_OF: Final = "as of {at}"
_DOUBT: Final = "unconfirmed"
WORDS: Final = (*_STATES.values(), *INSTRUMENT_KINDS, _AS_OF, _DOUBT)
"""All words that may stand in the picture, beside what the record names."""
_CLASSES: Final[dict[State, str]] = {
    "unsigned": "none",
    "signed": "none",
    "in-force": "force",
    "notice-given": "ending",
    "notice-suspended": "ending",
    "lapsed": "lapsed",
}
_STYLE: Final = """
text{font:12px system-ui,'Noto Sans CJK KR','Noto Sans CJK JP',sans-serif;fill:#16202c}
.title{font-weight:600;font-size:15px}.dim{fill:#5a6676}.paper{fill:#fff}
.force{fill:#1e6b45}.ending{fill:#f6e3c3;stroke:#8a4b00;stroke-dasharray:5 3}
.lapsed{fill:none;stroke:#b3123b;stroke-dasharray:5 3}.none{fill:none;stroke:#9aa5b1}
.inforce{fill:#fff}.tick{stroke:#c5ccd4}.lead{stroke:#9aa5b1}.now{stroke:#1d4f91;stroke-width:2}.nowtext{fill:#1d4f91;font-weight:600}
@media (prefers-color-scheme:dark){text{fill:#e6eaef}.dim{fill:#9fabb8}.paper{fill:#12181f}.force{fill:#2f8f60}
.ending{fill:#4a3413;stroke:#f0b35a}.lapsed{stroke:#ff7a95}.tick{stroke:#39434e}.now{stroke:#7db0ff}.nowtext{fill:#7db0ff}}
""".replace("\n", "")


Say: TypeAlias = Callable[[str], str]
"""A word of `WORDS` in another language."""


def timeline_svg(
    text: Agreement, segments: Sequence[Segment], instruments: Sequence[Instrument], at: Instant, say: Say = str
) -> bytes:
    """Draw the `segments` of an agreement, its instruments, and `at` where it lies within; its words as `say` has
    them."""
    start, end = segments[0].start, segments[-1].end
    scale = (_WIDTH - _LEFT - _RIGHT) / max(end.ns - start.ns, 1)

    def x(instant: Instant) -> float:
        return _LEFT + (min(max(instant.ns, start.ns), end.ns) - start.ns) * scale

    shown = [one for one in instruments if start <= one.at.instant < end]
    labels = [_label(one, say) for one in shown]
    rows = _stack([(x(one.at.instant), label) for one, label in zip(shown, labels, strict=True)])
    top = 56 + _ROW * (max(rows, default=-1) + 1)
    height = top + _BAR + 64
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="{_quoted(text.title)}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
        f'<text class="title" x="{_LEFT}" y="24">{_clean(text.title)}</text>',
    ]
    parts += _years(text, start, end, x(start), scale, top)
    for segment in _joined(segments):
        parts += _bar(segment, x(segment.start), x(segment.end), top, text.zone, say)
    for one, label, row in zip(shown, labels, rows, strict=True):
        parts += _instrument(x(one.at.instant), label, 50 + row * _ROW, top)
    if start <= at < end:
        parts += _now(x(at), top, say(_AS_OF).format(at=format_local(at, text.zone)))
    parts.append("</svg>\n")
    return "\n".join(parts).encode("utf-8")


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Neighbours of one state as one stretch: a term that moves on is no change of state."""
    joined: list[Segment] = []
    for segment in segments:
        if joined and joined[-1].standing.state == segment.standing.state:
            joined[-1] = Segment(joined[-1].start, segment.end, joined[-1].standing)
        else:
            joined.append(segment)
    return joined


def _bar(segment: Segment, left: float, right: float, top: float, zone: str, say: Say) -> list[str]:
    state = segment.standing.state
    words = say(_STATES[state])
    title = f"{words}: {format_local(segment.start, zone)} – {format_local(segment.end, zone)}"
    parts = [
        f'<rect class="{_CLASSES[state]}" x="{left:.1f}" y="{top}" width="{max(right - left, 1):.1f}" height="{_BAR}" '
        f'rx="4"><title>{_clean(title)}</title></rect>'
    ]
    if right - left > _wide(words) + 12:
        shade = "inforce" if state == "in-force" else ""
        parts.append(f'<text class="{shade}" x="{left + 8:.1f}" y="{top + 18}">{_clean(words)}</text>')
    return parts


def _label(one: Instrument, say: Say) -> str:
    doubt = f" ({say(_DOUBT)})" if one.unconfirmed else ""
    return f"{say(one.kind)} {one.id}, {', '.join(one.by)}, {one.at}{doubt}"


def _stack(labels: list[tuple[float, str]]) -> list[int]:
    """The row of each label, from the lowest free one up, so that no two overlap."""
    free: list[float] = []
    rows: list[int] = []
    for left, label in labels:
        begins = _text_left(left, label)
        row = next((n for n, until in enumerate(free) if until <= begins), len(free))
        if row == len(free):
            free.append(0)
        free[row] = begins + _wide(label) + 10
        rows.append(row)
    return rows


def _text_left(left: float, label: str) -> float:
    """Where a label begins: beside its instant, or so far left that it ends within the picture."""
    return max(_LEFT, min(left + 4, _WIDTH - _RIGHT - _wide(label)))


def _wide(label: str) -> float:
    """How wide a label is at most: Korean, Japanese and other wide signs take a whole em."""
    return sum(12.5 if ord(char) > 0x2E7F else _CHAR for char in label)


def _instrument(left: float, label: str, y: float, top: float) -> list[str]:
    return [
        f'<line class="lead" x1="{left:.1f}" y1="{y + 4}" x2="{left:.1f}" y2="{top}"/>',
        f'<circle class="paper lead" cx="{left:.1f}" cy="{top}" r="4"/>',
        f'<text x="{_text_left(left, label):.1f}" y="{y}">{_clean(label)}</text>',
    ]


def _years(text: Agreement, start: Instant, end: Instant, left: float, scale: float, top: float) -> list[str]:
    """A tick at the first instant of years, no more than a dozen."""
    first, last = local_day(start, text.zone).year + 1, local_day(end.plus(-1), text.zone).year
    step = max(1, -(-(last - first + 1) // 12))
    parts: list[str] = []
    for year in range(first, last + 1, step):
        at = left + (first_instant(Day(year, 1, 1), text.zone).ns - start.ns) * scale
        parts.append(f'<line class="tick" x1="{at:.1f}" y1="{top + _BAR}" x2="{at:.1f}" y2="{top + _BAR + 8}"/>')
        parts.append(f'<text class="dim" x="{at - 14:.1f}" y="{top + _BAR + 22}">{year}</text>')
    return parts


def _now(left: float, top: float, said: str) -> list[str]:
    return [
        f'<line class="now" x1="{left:.1f}" y1="{top - 8}" x2="{left:.1f}" y2="{top + _BAR + 34}"/>',
        f'<text class="nowtext" x="{_text_left(left, said):.1f}" y="{top + _BAR + 50}">{_clean(said)}</text>',
    ]


def _clean(text: str) -> str:
    """Text for XML: escaped, without signs that XML does not allow or that turn the direction of what follows."""
    return escape("".join(char if char.isprintable() else " " for char in text))


def _quoted(text: str) -> str:
    return _clean(text).replace('"', "&quot;")
