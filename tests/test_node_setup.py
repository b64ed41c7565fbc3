"""Making, opening and wiring nodes; and the cast of three that the other tests of nodes play with."""

from __future__ import annotations

import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import relto
from relto.adapters.clock import ReplayClock, SystemClock
from relto.adapters.link import InProcessLink
from relto.compose import card_of, create_node, open_node, pin, wire
from relto.core.agreement import Instrument, InstrumentKind, Standing
from relto.core.dossier import Item
from relto.core.errors import Conflict, InputError, NotFound, ReltoError
from relto.core.timeline import Instant, Stamp, parse_instant
from relto.node import Delivery, Node, Signed, countersign, open_item, release, sign_instrument, verify
from tests.sharing import in_shares

SHIPPED = Path(relto.__file__).parent / "dossiers" / "northeast-asia"
PASSPHRASE = "a passphrase 비밀"
LAPSE = parse_instant("2019-11-23T00:00+09:00")
FIRMS = """
contractors:
  - {id: PARTY-maker-1, ceiling: SECRET, until: 2021-01-01}
  - {id: PARTY-maker-2, ceiling: CONFIDENTIAL}
"""
ITEMS = """
relto: item/1
id: msl-2019-10-31
title: Two short-range launches, 31 Oct 2019
originator: KOR
mark: 군사II급비밀
topic: defence/dprk/missile
purpose: missile-warning
caveats: {rel_to: [KOR, JPN, USA]}
payload: {type: document, text: "Two launches from Sunchon."}
---
relto: item/1
id: grade-1
title: An assessment
originator: KOR
mark: 군사I급비밀
topic: defence/dprk/missile
purpose: missile-warning
payload: {type: document, text: "Graded too high for the text of 2016."}
---
relto: item/1
id: japan-only
title: For Japan alone
originator: KOR
mark: 군사III급비밀
topic: defence/dprk/missile
purpose: missile-warning
caveats: {rel_to: [KOR, JPN]}
payload: {type: document, file: report.txt}
---
relto: item/1
id: track
title: A track as seen from Japan
originator: JPN
mark: 特定秘密
topic: defence/dprk/missile
purpose: missile-warning
payload: {type: document, text: "Apogee 910 km."}
"""


def at(text: str) -> Instant:
    """Short for parse_instant."""
    return parse_instant(text)


def make_dossier(folder: Path) -> Path:
    """The shipped texts, parties and records with a few items of our own; the chronicle would only be slow to read."""
    for name in ("agreements", "parties", "records"):
        shutil.copytree(SHIPPED / name, folder / name)
    for party in ("JPN", "KOR"):
        file = folder / "parties" / f"{party}.yaml"
        firms = FIRMS.replace("PARTY", party.lower())
        file.write_text(file.read_text("utf-8") + firms, encoding="utf-8")
    (folder / "items").mkdir()
    (folder / "items" / "items.yaml").write_text(ITEMS, encoding="utf-8")
    (folder / "items" / "report.txt").write_bytes(b"A report of three pages.")
    return folder


@dataclass
class Cast:
    """Three nodes on one replay clock and one link, the pact of 2016 still unsigned."""

    folder: Path
    clock: ReplayClock = field(default_factory=lambda: ReplayClock(at("2016-11-23T09:00+09:00")))
    nodes: dict[str, Node] = field(default_factory=dict)
    link: InProcessLink = field(default_factory=InProcessLink)

    def __post_init__(self) -> None:
        dossier = make_dossier(self.folder / "dossier")
        for party in ("KOR", "JPN", "USA"):
            self.nodes[party] = create_node(
                self.folder / party,
                party,
                dossier,
                PASSPHRASE,
                clock=self.clock,
                replay=True,
                without_records=["kor-jpn-2016"],
            )
        self.link = wire(self.nodes.values())

    @property
    def kor(self) -> Node:
        return self.nodes["KOR"]

    @property
    def jpn(self) -> Node:
        return self.nodes["JPN"]

    @property
    def usa(self) -> Node:
        return self.nodes["USA"]

    def item(self, name: str = "msl-2019-10-31") -> Item:
        return self.kor.base.item(name)

    def instrument(self, name: str, kind: InstrumentKind, by: str, when: str, *targets: str) -> Instrument:
        instant = at(when)
        makers = tuple(by.split())
        return Instrument(name, kind, makers, Stamp(instant, "instant", "Asia/Seoul"), instant, targets=targets)

    def sign(self, name: str, kind: InstrumentKind, by: str, when: str, *targets: str) -> list[Signed]:
        """Each maker signs, at the very instant."""
        one = self.instrument(name, kind, by, when, *targets)
        self.clock.set(one.at.instant)
        return [sign_instrument(self.nodes[party], "kor-jpn-2016", one) for party in one.by]

    def enter_into_force(self) -> None:
        self.sign("sig", "signature", "KOR JPN", "2016-11-23T10:00+09:00")
        self.sign("notif", "notification", "KOR JPN", "2016-11-23T12:00+09:00")

    def give_notice(self) -> None:
        self.sign("n001", "termination-notice", "KOR", "2019-08-23T15:30+09:00")

    def release(self, to: str = "JPN", name: str = "msl-2019-10-31", via: tuple[str, ...] = ()) -> Delivery:
        return release(self.kor, self.item(name), to, via=via)

    def reopen(self, party: str) -> Node:
        """Open a node's files anew, as another process would, and put it on the link in place of the old one."""
        self.nodes[party].store.close()
        self.nodes[party] = open_node(self.folder / party, PASSPHRASE, clock=self.clock)
        self.link = wire(self.nodes.values())
        return self.nodes[party]


def standing(node: Node, agreement: str = "kor-jpn-2016", when: Instant | None = None) -> Standing:
    """The standing as the node's own party reads it now, or at `when`."""
    return node.read_dossier().standing(agreement, when or node.clock.interval()[1], reading=node.party)


def kinds(node: Node) -> list[str]:
    """The kinds of evidence in a node's ledger, in order."""
    with node.store.read() as reading:
        return [leaf.kind for leaf in reading.leaves()]


def all_verify(cast: Cast) -> None:
    for node in cast.nodes.values():
        found = verify(node)
        assert found.problems == ()
        assert in_shares(node, 2) == found


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return Cast(tmp_path)


@pytest.fixture
def pact(cast: Cast) -> Cast:
    """The pact in force, the notice of 23 August 2019 given, and it is 31 October 2019."""
    cast.enter_into_force()
    cast.give_notice()
    cast.clock.set(at("2019-10-31T18:00+09:00"))
    return cast


def test_a_new_node_has_its_own_dossier_keys_and_store_and_nobody_else_may_look(cast: Cast) -> None:
    folder = cast.folder / "KOR"
    assert sorted(path.name for path in folder.iterdir() if "-" not in path.name) == [
        "dossier",
        "keys",
        "node.db",
        "node.toml",
        "peers",
    ]
    for path in (folder, folder / "keys", folder / "peers", folder / "node.db", folder / "keys" / "signing.pem"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert not list(cast.folder.glob(".*"))


def test_a_copied_text_keeps_its_digest(cast: Cast) -> None:
    digests = {node.base.agreements["kor-jpn-2016"][0].digest for node in cast.nodes.values()}
    assert len(digests) == 1
    assert cast.kor.base.record("kor-jpn-2016").instruments == ()
    assert cast.kor.base.record("tisa-2014").instruments != ()


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "mine.txt").write_text("mine")
    with pytest.raises(Conflict, match="not empty"):
        create_node(tmp_path / "node", "KOR", make_dossier(tmp_path / "d"), PASSPHRASE)
    assert [path.name for path in (tmp_path / "node").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("party", "passphrase"), [("FRA", PASSPHRASE), ("KOR", ""), ("no such", PASSPHRASE)])
def test_a_node_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path, party: str, passphrase: str) -> None:
    dossier = make_dossier(tmp_path / "d")
    with pytest.raises(InputError):
        create_node(tmp_path / "node", party, dossier, passphrase)
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_only_a_rehearsal_takes_a_replay_clock(tmp_path: Path) -> None:
    dossier = make_dossier(tmp_path / "d")
    with pytest.raises(InputError, match="rehearsal"):
        create_node(tmp_path / "a", "KOR", dossier, PASSPHRASE, clock=ReplayClock(LAPSE))
    with pytest.raises(InputError, match="replay clock"):
        create_node(tmp_path / "b", "KOR", dossier, PASSPHRASE, replay=True, clock=SystemClock())
    node = create_node(tmp_path / "c", "KOR", dossier, PASSPHRASE)
    earliest, latest = node.clock.interval()
    assert 0 < latest.ns - earliest.ns <= 1_000_000_000
    with pytest.raises(InputError, match="rehearsal"):
        open_node(tmp_path / "c", PASSPHRASE, clock=ReplayClock(LAPSE))


def test_real_nodes_on_the_system_clock_release_under_the_pact_as_it_stands_today(tmp_path: Path) -> None:
    dossier = make_dossier(tmp_path / "d")
    kor, jpn = (create_node(tmp_path / party, party, dossier, PASSPHRASE) for party in ("KOR", "JPN"))
    wire([kor, jpn])
    sent = release(kor, kor.base.item("msl-2019-10-31"), "JPN")
    assert sent.state == "done"
    assert verify(kor).problems == verify(jpn).problems == ()
    opened = open_item(open_node(tmp_path / "JPN", PASSPHRASE), sent.row.subject)
    assert opened.payload == b"Two launches from Sunchon."
    assert "Sunchon" not in repr(opened)


def test_a_rehearsal_opened_without_a_clock_stands_where_it_stood(pact: Cast) -> None:
    node = open_node(pact.folder / "KOR", PASSPHRASE)
    assert node.clock.interval()[0] == at("2019-08-23T15:30+09:00")


def test_a_wrong_passphrase_opens_nothing_and_shows_nothing(cast: Cast) -> None:
    with pytest.raises(InputError, match="does not open the keys of `KOR`") as caught:
        open_node(cast.folder / "KOR", "another", clock=cast.clock)
    assert "another" not in str(caught.value)
    assert PASSPHRASE not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_node_opened_without_a_passphrase_verifies_but_signs_nothing(pact: Cast) -> None:
    assert pact.release().state == "done"
    node = open_node(pact.folder / "KOR", None, clock=pact.clock)
    assert verify(node).problems == ()
    with pytest.raises(InputError, match="locked"):
        release(node, pact.item(), "JPN")
    assert verify(node).problems == ()


def test_a_folder_without_a_node_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_node(tmp_path, PASSPHRASE)


@pytest.mark.parametrize("text", ["", "party = ", 'relto = "node/2"\nparty = "KOR"\nreplay = true', "\xff"])
def test_damaged_settings_are_bad_input(cast: Cast, text: str) -> None:
    (cast.folder / "KOR" / "node.toml").write_text(text, encoding="latin-1")
    with pytest.raises(InputError):
        open_node(cast.folder / "KOR", PASSPHRASE, clock=cast.clock)


def test_another_party_s_keys_are_noticed(cast: Cast) -> None:
    shutil.rmtree(cast.folder / "KOR" / "keys")
    shutil.copytree(cast.folder / "JPN" / "keys", cast.folder / "KOR" / "keys")
    (cast.folder / "KOR" / "peers" / "JPN.json").unlink()
    with pytest.raises(ReltoError, match="JPN"):
        open_node(cast.folder / "KOR", PASSPHRASE, clock=cast.clock)


def test_wiring_pins_each_to_the_others_for_good(cast: Cast) -> None:
    assert {party: sorted(node.keys.peers) for party, node in cast.nodes.items()} == {
        "KOR": ["JPN", "USA"],
        "JPN": ["KOR", "USA"],
        "USA": ["JPN", "KOR"],
    }
    assert sorted(cast.reopen("KOR").keys.peers) == ["JPN", "USA"]


def test_a_pinned_card_is_never_replaced_silently(cast: Cast, tmp_path: Path) -> None:
    other = create_node(tmp_path / "x", "JPN", cast.folder / "dossier", "p", clock=cast.clock, replay=True)
    with pytest.raises(Conflict, match="another card of `JPN`"):
        wire([cast.kor, other])
    with pytest.raises(Conflict):
        pin(cast.folder / "KOR", tmp_path / "x" / "keys" / "card.json")
    assert cast.reopen("KOR").keys.peers["JPN"] == card_of(cast.folder / "JPN")


def test_the_content_of_an_item_may_stand_in_a_file_beside_it(pact: Cast) -> None:
    assert pact.kor.read_payload(pact.item("japan-only")) == b"A report of three pages."
    assert pact.kor.read_payload(pact.item()) == b"Two launches from Sunchon."


def test_countersigning_what_never_came_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        countersign(cast.jpn, "kor-jpn-2016", "sig")
