"""What a lapse costs, day by day or month by month, and by topic: a standalone SVG, light and dark.

Green, solid: goes on. Amber, dashed outline: through the ally. Red outline, dashed: lost. Blue: the lapse. Every colour
has a word beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final
from xml.sax.saxutils import escape

from relto.core.analysis.impact import Impact
from relto.core.analysis.impact.compare import Counts, diverted, lost
from relto.core.analysis.world import World
from relto.core.timeline import Day, format_local, local_day

GOES_ON, ALLY, LOST = "goes on", "through the ally", "lost"
BY_TOPIC, ENDS, OTHERS = "By topic", "ends {day}", "{count} other topics"
IF_LAPSED: Final = "{agreement}: what becomes of {count} movements if it ends {day}"
IF_OTHERWISE: Final = "{agreement}: what becomes of {count} movements in the other world"
WORDS: Final = (GOES_ON, ALLY, LOST, BY_TOPIC, ENDS, OTHERS, IF_LAPSED, IF_OTHERWISE)
"""All texts of the picture, in English: what `say` is asked for."""
_WIDTH: Final = 960
_LEFT, _RIGHT, _TOP, _TALL, _FOOT = 48, 24, 72, 200, 56
_MOST_BARS: Final = 62
_MOST_TOPICS, _TOPIC_ROW, _TOPIC_NAMES = 12, 22, 260
_STYLE: Final = """
text{font:12px system-ui,'Noto Sans CJK KR','Noto Sans CJK JP',sans-serif;fill:#16202c}
.title{font-weight:600;font-size:15px}.dim{fill:#5a6676}.paper{fill:#fff}
.kept{fill:#1e6b45}.ally{fill:#f6e3c3;stroke:#8a4b00;stroke-dasharray:3 2}
.lost{fill:none;stroke:#b3123b;stroke-dasharray:3 2}.axis{stroke:#9aa5b1}.now{stroke:#1d4f91;stroke-width:2}
.nowtext{fill:#1d4f91;font-weight:600}
@media (prefers-color-scheme:dark){text{fill:#e6eaef}.dim{fill:#9fabb8}.paper{fill:#12181f}.kept{fill:#2f8f60}
.ally{fill:#4a3413;stroke:#f0b35a}.lost{stroke:#ff7a95}.axis{stroke:#39434e}.now{stroke:#7db0ff}.nowtext{fill:#7db0ff}}
""".replace("\n", "")


def impact_svg(found: Impact, world: World, zone: str, say: Callable[[str], str] = str) -> bytes:
    """Bars of what went and what becomes of it, by day, by month or year where there are too many days; and by topic.
    `say` gives a text in the reader's language."""
    bars = _bars(found.days)
    most = max((sum(_parts(one)) for one in bars.values()), default=0) or 1
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(bars), 1)
    topics = _topics(found, _TOP + _TALL + _FOOT + 20, say)
    height = _TOP + _TALL + _FOOT + (44 + _TOPIC_ROW * min(len(found.topics), _MOST_TOPICS + 1) if topics else 0)
    title = _title(found, world, zone, say)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
        f'<text class="title" x="{_LEFT}" y="24">{escape(title)}</text>',
        *_legend(found.total, say),
        f'<line class="axis" x1="{_LEFT}" y1="{_TOP + _TALL}" x2="{_WIDTH - _RIGHT}" y2="{_TOP + _TALL}"/>',
        f'<text class="dim" x="{_LEFT - 6}" y="{_TOP + 10}" text-anchor="end">{most}</text>',
    ]
    for number, (label, one) in enumerate(bars.items()):
        parts += _bar(_LEFT + number * step, step, one, most, label, say)
    every = max(1, -(-len(bars) // 12))
    for number, label in enumerate(bars):
        if number % every == 0:
            x = _LEFT + (number + 0.5) * step
            parts.append(f'<text class="dim" x="{x:.1f}" y="{_TOP + _TALL + 18}" text-anchor="middle">{label}</text>')
    if world.lapse is not None:
        parts += _lapse(str(local_day(world.lapse, zone)), list(bars), step, say)
    return "\n".join([*parts, *topics, "</svg>\n"]).encode("utf-8")


def _title(found: Impact, world: World, zone: str, say: Callable[[str], str]) -> str:
    if world.lapse is None:
        return say(IF_OTHERWISE).format(agreement=world.agreement, count=len(found.traffic))
    when = format_local(world.lapse, zone)
    return say(IF_LAPSED).format(agreement=world.agreement, count=len(found.traffic), day=when)


def _topics(found: Impact, top: float, say: Callable[[str], str]) -> list[str]:
    """A bar for each topic that any movement is about, those that lose most first; the least of many together."""
    order = sorted(found.topics, key=lambda name: (-lost(found.topics[name]), -diverted(found.topics[name]), name))
    rows = [(name, found.topics[name]) for name in order[:_MOST_TOPICS]]
    if others := order[_MOST_TOPICS:]:
        together: Counts = Counter()
        for name in others:
            together.update(found.topics[name])
        rows.append((say(OTHERS).format(count=len(others)), together))
    most = max((sum(_parts(one)) for _, one in rows), default=0)
    if not most:
        return []
    parts = [f'<text class="title" x="{_LEFT}" y="{top + 12:.1f}">{escape(say(BY_TOPIC))}</text>']
    left, wide = _LEFT + _TOPIC_NAMES, _WIDTH - _LEFT - _TOPIC_NAMES - 330
    for name, one in rows:
        top += _TOPIC_ROW
        parts.append(f'<text x="{_LEFT}" y="{top + 11:.1f}">{escape(_short(name))}</text>')
        x, told = float(left), []
        for shade, word, count in zip(("kept", "ally", "lost"), (GOES_ON, ALLY, LOST), _parts(one), strict=True):
            if count:
                width = count / most * wide
                parts.append(
                    f'<rect class="{shade}" x="{x:.1f}" y="{top:.1f}" width="{max(width, 2):.1f}" height="14"/>'
                )
                x += width
                told.append(f"{say(word)}: {count}")
        parts.append(f'<text class="dim" x="{x + 8:.1f}" y="{top + 11:.1f}">{escape(" · ".join(told))}</text>')
    return parts


def _short(name: str) -> str:
    return name if len(name) <= 36 else f"{name[:35]}…"


def _bars(days: dict[Day, Counts]) -> dict[str, Counts]:
    """By day, month or year, whichever is the finest that fits; those between that have nothing are left out."""
    for signs in (10, 7, 4):
        found: dict[str, Counts] = {}
        for day, counts in sorted(days.items()):
            found.setdefault(str(day)[:signs], Counter()).update(counts)
        if len(found) <= _MOST_BARS:
            return found
    return found


def _parts(counts: Counts) -> tuple[int, int, int]:
    kept = sum(count for (before, after), count in counts.items() if "refused" not in (before, after))
    return kept - diverted(counts), diverted(counts), lost(counts)


def _legend(total: Counts, say: Callable[[str], str]) -> list[str]:
    parts, x = [], float(_LEFT)
    for name, label, count in zip(("kept", "ally", "lost"), (GOES_ON, ALLY, LOST), _parts(total), strict=True):
        said = f"{say(label)}: {count}"
        parts.append(f'<rect class="{name}" x="{x:.1f}" y="38" width="14" height="12" rx="2"/>')
        parts.append(f'<text x="{x + 20:.1f}" y="48">{escape(said)}</text>')
        x += 40 + sum(12.5 if ord(sign) > 0x2E7F else 7 for sign in said)
    return parts


def _bar(left: float, step: float, counts: Counts, most: int, label: str, say: Callable[[str], str]) -> list[str]:
    parts, base = [], float(_TOP + _TALL)
    for name, word, count in zip(("kept", "ally", "lost"), (GOES_ON, ALLY, LOST), _parts(counts), strict=True):
        if count:
            tall = count / most * _TALL
            base -= tall
            parts.append(
                f'<rect class="{name}" x="{left + step * 0.15:.1f}" y="{base:.1f}" width="{step * 0.7:.1f}" '
                f'height="{tall:.1f}"><title>{label}: {escape(say(word))} {count}</title></rect>'
            )
    return parts


def _lapse(day: str, labels: list[str], step: float, say: Callable[[str], str]) -> list[str]:
    """The line of the lapse: before the first bar at or after its day."""
    number = next((n for n, label in enumerate(labels) if label >= day[: len(label)]), len(labels))
    x = _LEFT + number * step
    anchor = "start" if x < _WIDTH / 2 else "end"
    return [
        f'<line class="now" x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" y2="{_TOP + _TALL + 24}"/>',
        f'<text class="nowtext" x="{x:.1f}" y="{_TOP + _TALL + 42}" text-anchor="{anchor}">'
        f"{escape(say(ENDS).format(day=day))}</text>",
    ]
