"""Cedar, through cedarpy: the dossier as `relto export cedar` writes it, decided one request at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cedarpy

from relto.core.decision import Request
from relto.core.dossier import Dossier
from relto.core.timeline import Instant
from relto.formats.cedar import CedarExport, export_cedar
from relto.formats.cedar.entities import unique

Key = tuple[Instant, str | None, Instant | None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request with the handles it is decided against."""

    asked: list[dict[str, Any]]
    policies: cedarpy.PolicySet
    entities: cedarpy.Entities


class Cedar:
    """The rules as Cedar policies, one set for each instant, reading and knowledge that the requests name.

    Parsed beforehand: the policies (`cedarpy.PolicySet`), and the entities of the dossier and of all the requests, with
    the closure of their hierarchy (`cedarpy.Entities`). Done beforehand too, by `prepare`: the translation of a request
    and the writing of its context as JSON text. What cedarpy cannot take ready-made, and so is part of every decision:
    the request itself, whose names and context it reads anew, and its answer, which it passes as JSON text. No schema
    is given, so that no request is validated; names go in as mappings, which it reads faster than text.
    """

    name = "cedarpy"

    def __init__(self, dossier: Dossier, requests: Iterable[Request]) -> None:
        listed: dict[Key, list[Request]] = {}
        for request in requests:
            listed.setdefault(_key(request), []).append(request)
        self._dossier = dossier
        self._sets: dict[Key, tuple[CedarExport, cedarpy.PolicySet, cedarpy.Entities]] = {}
        for (at, reading, known_by), asked in listed.items():
            export = export_cedar(dossier, at, reading=reading, known_by=known_by)
            things = unique([*export.entities, *(one for request in asked for one in export.request(request).entities)])
            self._sets[at, reading, known_by] = (
                export,
                cedarpy.PolicySet.from_str(export.policies),
                cedarpy.Entities.from_json_str(json.dumps(things), export.schema),
            )

    def prepare(self, request: Request) -> Prepared:
        """All that can be done before the clock runs. KeyError for an instant that no request given at first had."""
        export, policies, entities = self._sets[_key(request)]
        asked = export.request(request).as_json()
        return Prepared([{**asked, "context": json.dumps(asked["context"])}], policies, entities)

    def decide(self, prepared: Prepared) -> bool:
        """Whether Cedar allows it."""
        answer = cedarpy.is_authorized_batch(prepared.asked, prepared.policies, prepared.entities)[0]
        return answer.allowed


def _key(request: Request) -> Key:
    return request.at, request.reading, request.known_by
