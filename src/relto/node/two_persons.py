"""Two persons: where a party's own law asks for a second one before an item of its own goes."""

from __future__ import annotations

from relto.core.dossier import Item, TwoPersonRule
from relto.core.errors import Refused
from relto.node.node import Node


class TwoPersonsNeeded(Refused):
    """The party's own law asks for a second person."""


def two_person_rule(node: Node, item: Item) -> TwoPersonRule | None:
    """The rule of the node's own party under which one person alone does not release `item`; None where none does."""
    party = node.base.parties[node.party]
    rule, mark = party.two_person, party.mark(item.mark)
    return rule if rule is not None and rule.covers(item.topic, mark.rank if mark else "") else None


def check_persons(node: Node, item: Item, *, approved: bool) -> None:
    """Raise TwoPersonsNeeded, with the national citation, where one person alone does not release `item`, unless a
    second has `approved` it."""
    rule = two_person_rule(node, item)
    if rule is not None and not approved:
        raise TwoPersonsNeeded(
            f"one person alone does not release `{item.id}`: {rule.says}",
            article=f"domestic:{node.party}: {rule.citation}",
            remedy="submit it, and have another approve it",
        )
