"""What a process remembers of what it has compared with its peers: it only saves doing the same twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from relto.core.dossier import Dossier
from relto.core.ledger import Frontier, Tree
from relto.core.timeline import Instant

if TYPE_CHECKING:
    from relto.node.difference import Difference


@dataclass
class Compared:
    """`met`: with whom, holding what, and when. `read`: notes of differences, by their text. `as_held`: the dossier as
    a peer's record would have it, made of that dossier and that note. `digests`: of the records of one dossier.
    `shown`: to whom the head of the own ledger, which, and when. `tree`: of the own ledger, as far as it was read;
    `growing`: held by who adds to it. `mirrors`: the right edges of peers' ledgers as they are mirrored here;
    `mirrored`: when that was last tried."""

    met: dict[str, tuple[Mapping[str, str], Instant]] = field(default_factory=dict)
    read: dict[str, tuple[str, tuple[Difference, ...]]] = field(default_factory=dict)
    as_held: dict[str, tuple[Dossier, tuple[Difference, ...], Dossier]] = field(default_factory=dict)
    digests: tuple[Dossier, dict[str, str]] | None = None
    shown: dict[str, tuple[str, Instant]] = field(default_factory=dict)
    tree: Tree | None = None
    growing: Lock = field(default_factory=Lock)
    mirrors: dict[str, Frontier] = field(default_factory=dict)
    mirrored: dict[str, Instant] = field(default_factory=dict)
