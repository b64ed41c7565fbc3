"""The agreement file: `relto: agreement/1` (DESIGN 4)."""

from __future__ import annotations

from typing import get_args

from relto.core.agreement import (
    Agreement,
    Duty,
    Entry,
    NoticeRule,
    Persons,
    Purpose,
    Scope,
    Survival,
    Term,
    ThirdParty,
    Witnesses,
)
from relto.core.agreement.text import (
    Anchor,
    Binding,
    Counted,
    CountsFrom,
    EntryWhen,
    Keep,
    SuspendedNotice,
    ThirdPartyRule,
)
from relto.core.canon import digest
from relto.core.errors import InputError, Position
from relto.core.label import Levels, check_id, check_party_id, check_topic
from relto.core.timeline import Day, Period, check_zone, parse_period
from relto.formats.dossier.duty import read_duty
from relto.formats.dossier.fields import Fields, check_schema, convert, line, listed, one_of, parse_day
from relto.formats.dossier.levels import read_rows
from relto.formats.dossier.nodes import Node, parse_document

SCHEMA = "agreement/1"
MAX_COUNT = 1000
MAX_PARTIES = 1000


def read_agreement(name: str, data: bytes) -> tuple[Agreement, dict[str, Position]]:
    """One version of a text, and where each of its articles stands. Raises InputError with the place.

    What can be told from the file alone is checked here; parties, marks and other agreements in `dossier.py`.
    """
    fields = Fields(parse_document(name, data), "an agreement")
    check_schema(fields, SCHEMA)
    reader = _Reader(fields)
    agreement = reader.agreement(digest(data))
    fields.close()
    return agreement, reader.articles


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= MAX_COUNT:
        raise InputError(f"`{text[:60]}` is no number from 1 to {MAX_COUNT}", remedy="write it in digits")
    return int(text)


class _Reader:
    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.articles: dict[str, Position] = {}
        self.unconfirmed_readings: list[str] = []

    def agreement(self, sha: str) -> Agreement:
        f = self.fields
        identifier = f.needed("id", check_id)
        basis = f.values("basis", check_id)
        parties = self.parties()
        return Agreement(
            id=identifier,
            version=f.value("version", _number) or 1,
            digest=sha,
            title=f.line("title") or identifier,
            parties=parties,
            binding=f.choice("binding", get_args(Binding)),
            zone=f.needed("zone", check_zone),
            authentic=f.values("authentic", str),
            entry=self.entry(),
            term=self.term(),
            survival=self.survival(optional=bool(basis)),
            readings=self.readings(parties),
            unconfirmed_readings=tuple(self.unconfirmed_readings),
            levels=self.levels(parties, forbidden=bool(basis)),
            scope=self.scope(),
            third_party=self.third_party(optional=bool(basis)),
            purpose=self.purpose(optional=bool(basis)),
            persons=self.persons(),
            duties=self.duties(),
            witnesses=self.witnesses(parties),
            basis=basis,
            hub=f.value("hub", check_party_id),
            depositary=f.value("depositary", check_party_id),
            supersedes=f.values("supersedes", check_id),
            acceding=self.acceding(parties),
            source=f.text("source"),
            unconfirmed=f.flag("unconfirmed"),
            note=f.text("note"),
        )

    def parties(self) -> tuple[str, ...]:
        found = self.fields.values("parties", check_party_id, MAX_PARTIES)
        if len(found) < 2:
            where = self.fields.place("parties")
            raise InputError("an agreement of fewer than two parties", where=where, remedy="list them under `parties:`")
        return found

    def acceding(self, parties: tuple[str, ...]) -> tuple[str, ...]:
        self.fields.values("acceding", str)  # each once
        node = self.fields.find("acceding")
        return () if node is None else tuple(self.party(one, parties) for one in listed(node))

    def party(self, node: Node, parties: tuple[str, ...], article: str = "") -> str:
        text = line(node, article)
        if text not in parties:
            raise InputError(
                f"`{text[:60]}` is no party to it",
                where=node.where,
                remedy=f"use one of {', '.join(parties)}",
                article=article,
            )
        return text

    def clause(self, fields: Fields) -> tuple[str, bool]:
        """Its article (remembered with its place), and whether it is unconfirmed."""
        article = fields.needed_line("article")
        fields.article = article
        self.articles.setdefault(article, fields.place("article"))
        for key in ("source", "note"):
            fields.text(key)
        return article, fields.flag("unconfirmed")

    def open(self, key: str, *, optional: bool = False) -> Fields | None:
        node = self.fields.find(key) if optional else self.fields.need(key)
        return None if node is None else Fields(node, f"`{key}`")

    def entry(self) -> Entry:
        fields = self.open("entry_into_force")
        assert fields is not None
        article, unconfirmed = self.clause(fields)
        node = fields.need("when")
        entry = self.entry_rule(article, unconfirmed, node)
        counted = fields.find("counted")
        if counted is not None:
            if entry.when != "last-notification" and entry.month_after != "last-notification":
                raise InputError(
                    "`counted` without notifications", where=counted.where, remedy="drop it", article=article
                )
            how = one_of(counted, get_args(Counted), "`counted`", article)
            entry = Entry(
                article,
                entry.when,
                counted=how,
                month=entry.month,
                month_after=entry.month_after,
                unconfirmed=unconfirmed,
            )
        fields.close()
        return entry

    def entry_rule(self, article: str, unconfirmed: bool, node: Node) -> Entry:
        if node.kind != "map":
            simple = [when for when in get_args(EntryWhen) if when not in ("deposits", "first-of-month")]
            return Entry(article, one_of(node, simple, "rule of entry into force", article), unconfirmed=unconfirmed)
        fields = Fields(node, "the rule of entry into force")
        fields.article = article
        if "deposits" in node.pairs:
            entry = Entry(
                article,
                "deposits",
                deposits=fields.needed("deposits", _number),
                after=fields.value("after", parse_period),
                per_party=fields.flag("per_party"),
                unconfirmed=unconfirmed,
            )
        else:
            entry = Entry(
                article,
                "first-of-month",
                month=fields.needed("first-of-month", _number),
                month_after=fields.choice("after", ("signature", "last-notification")),
                unconfirmed=unconfirmed,
            )
        fields.close()
        return entry

    def term(self) -> Term:
        fields = self.open("term")
        assert fields is not None
        article, unconfirmed = self.clause(fields)
        initial = self.initial(fields.need("initial"), article)
        renewal_node = fields.find("renewal")
        renewal: Period | None = None
        if renewal_node is not None and renewal_node.text != "none":
            renewal = convert(renewal_node, parse_period, article)
            if initial is None:
                raise InputError(
                    "a renewal of an indefinite term", where=renewal_node.where, remedy="drop it", article=article
                )
        notice = self.notice(fields, initial)
        fields.close()
        return Term(article, initial, renewal, notice, unconfirmed=unconfirmed)

    def initial(self, node: Node, article: str) -> Period | Day | None:
        if node.kind == "map":
            fields = Fields(node, "`initial`")
            fields.article = article
            day = fields.needed("until", parse_day)
            fields.close()
            return day
        return None if node.text == "indefinite" else convert(node, parse_period, article)

    def notice(self, term: Fields, initial: Period | Day | None) -> NoticeRule | None:
        fields = term.mapping("notice", "`notice`")
        if fields is None:
            return None
        fields.article = term.article
        period = fields.needed("period", parse_period)
        anchor = fields.choice("anchor", get_args(Anchor))
        if anchor == "before-term-end" and initial is None:
            where = fields.place("anchor")
            raise InputError(
                "notice before the end of a term that has none",
                where=where,
                remedy="use `anchor: after-receipt`, or give the term an end",
                article=term.article,
            )
        counts: CountsFrom = "receipt"
        node = fields.find("counts_from")
        if node is not None:
            said = one_of(node, ("receipt", "sending", "sent"), "`counts_from`", term.article)
            counts = "receipt" if said == "receipt" else "sending"
        for key in ("source", "note"):
            fields.text(key)
        fields.close()
        return NoticeRule(period, anchor, counts)

    def survival(self, *, optional: bool) -> Survival:
        fields = self.open("survival", optional=optional)
        if fields is None:
            return Survival("", "none")
        article, unconfirmed = self.clause(fields)
        node = fields.need("keep")
        if node.kind != "map":
            keeps = tuple(keep for keep in get_args(Keep) if keep not in ("articles", "destroy"))
            found = Survival(article, one_of(node, keeps, "`keep`", article), unconfirmed=unconfirmed)
        else:
            keep = Fields(node, "`keep`")
            keep.article = article
            if "articles" in node.pairs:
                found = Survival(article, "articles", articles=keep.values("articles", str), unconfirmed=unconfirmed)
            else:
                within = keep.needed("destroy_within", parse_period)
                certified = keep.flag("certificate")
                found = Survival(
                    article, "destroy", destroy_within=within, certificate=certified, unconfirmed=unconfirmed
                )
            keep.close()
        fields.close()
        return found

    def readings(self, parties: tuple[str, ...]) -> dict[str, SuspendedNotice]:
        fields = self.fields.mapping("readings", "`readings`")
        found: dict[str, SuspendedNotice] = {}
        if fields is None:
            return found
        for party, (where, node) in fields.node.pairs.items():
            if party not in parties:
                raise InputError(
                    f"a reading of `{party[:60]}`, who is no party", where=where, remedy=f"use {', '.join(parties)}"
                )
            reading = Fields(node, "a reading")
            found[party] = reading.choice("suspended_notice", get_args(SuspendedNotice))
            for key in ("source", "note"):
                reading.text(key)
            if reading.flag("unconfirmed"):
                self.unconfirmed_readings.append(party)
            reading.close()
        return found

    def levels(self, parties: tuple[str, ...], *, forbidden: bool) -> Levels | None:
        fields = self.open("levels", optional=forbidden)
        if fields is None:
            return None
        if forbidden:
            raise InputError(
                "levels in an arrangement that rests on other agreements",
                where=self.fields.place("levels"),
                remedy="drop `levels`: each hop is decided under the agreement of that hop",
            )
        article, unconfirmed = self.clause(fields)
        rows = read_rows(fields.need("ranks"), parties, article)
        fields.close()
        return Levels(article, rows, unconfirmed)

    def scope(self) -> Scope:
        fields = self.open("scope")
        assert fields is not None
        article, unconfirmed = self.clause(fields)
        topics = fields.values("topics", check_topic)
        if not topics:
            raise InputError("a scope without topics", where=fields.node.where, remedy="list some", article=article)
        fields.close()
        return Scope(article, topics, unconfirmed=unconfirmed)

    def third_party(self, *, optional: bool) -> ThirdParty | None:
        fields = self.open("third_party", optional=optional)
        if fields is None:
            return None
        article, unconfirmed = self.clause(fields)
        node = fields.need("rule")
        if node.kind == "map":
            listing = Fields(node, "`rule`")
            listing.article = article
            listing.need("nations")
            found = ThirdParty(article, "nations", listing.values("nations", check_party_id), unconfirmed=unconfirmed)
            listing.close()
        else:
            simple = tuple(rule for rule in get_args(ThirdPartyRule) if rule != "nations")
            found = ThirdParty(
                article, one_of(node, simple, "rule for third parties", article), unconfirmed=unconfirmed
            )
        fields.close()
        return found

    def purpose(self, *, optional: bool) -> Purpose | None:
        fields = self.open("purpose", optional=optional)
        if fields is None:
            return None
        article, unconfirmed = self.clause(fields)
        node = fields.need("rule")
        if node.kind == "map":
            rule = Fields(node, "`rule`")
            rule.article = article
            rule.need("only")
            found = Purpose(article, "only", rule.values("only", str), unconfirmed=unconfirmed)
            rule.close()
        else:
            found = Purpose(
                article, one_of(node, ("as-provided", "any"), "rule for purposes", article), unconfirmed=unconfirmed
            )
        fields.close()
        return found

    def persons(self) -> Persons:
        fields = self.fields.mapping("persons", "`persons`")
        if fields is None:
            return Persons()
        articles = fields.mapping("articles", "`articles`")
        names = ("clearance", "need_to_know", "facility", "assurance", "system", "contractor")
        cited: dict[str, str] = {}
        if articles is not None:
            for name in names:
                if articles.find(name) is not None:
                    cited[name] = articles.needed_line(name)
                    self.articles.setdefault(cited[name], articles.place(name))
            articles.close()
        nationality, doubtful = None, False
        rule = fields.mapping("nationality", "`nationality`")
        if rule is not None:
            nationality, doubtful = self.clause(rule)
            rule.choice("rule", ("originator-consent",))
            rule.close()
        for key in ("source", "note"):
            fields.text(key)
        clearance_from = fields.value("clearance_from", str)
        unconfirmed = fields.flag("unconfirmed") or doubtful
        fields.close()
        return Persons(**cited, clearance_from=clearance_from, nationality=nationality, unconfirmed=unconfirmed)

    def witnesses(self, parties: tuple[str, ...]) -> Witnesses | None:
        fields = self.open("witnesses", optional=True)
        if fields is None:
            return None
        article, unconfirmed = self.clause(fields)
        found = Witnesses(article, fields.needed("quorum", _number), unconfirmed=unconfirmed)
        if found.quorum >= len(parties):
            raise InputError(
                f"{found.quorum} witnesses of the ledger of one of {len(parties)} parties",
                where=fields.place("quorum"),
                remedy=f"ask for at most {len(parties) - 1}: no party witnesses its own",
                article=article,
            )
        fields.close()
        return found

    def duties(self) -> tuple[Duty, ...]:
        node = self.fields.find("duties")
        each = () if node is None else [Fields(one, "a duty") for one in listed(node)]
        return tuple(read_duty(one, *self.clause(one)) for one in each)
