"""The JSON of typed payloads as pydantic models: what is required, of what form; their JSON Schema comes from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from relto.core.payload.document import MAX_TEXT
from relto.core.payload.encounter import Domain, Handling, Measure, Unit
from relto.core.payload.geometry import MAX_CORNERS
from relto.core.payload.warning import MAX_SAYS, MAX_TRACK, MAX_VERSION, Confidence, Kind, Status
from relto.core.timeline import Precision

InstantText = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$",
        description="An instant of UTC (RFC 3339), to the nanosecond where it is known so.",
        examples=["2019-10-31T07:35:00Z"],
    ),
]
Name = Annotated[str, Field(min_length=1, max_length=128)]
Party = Annotated[str, Field(min_length=2, max_length=64, description="ISO 3166-1, or an organisation's slug.")]
Position = Annotated[
    tuple[float, float] | tuple[float, float, float],
    Field(description="Longitude, latitude (degrees, WGS 84), height in metres where known (RFC 7946, 3.1.1)."),
]


class Strict(BaseModel):
    """No unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True, allow_inf_nan=False)


class PointJson(Strict):
    """A GeoJSON point (RFC 7946, 3.1.2)."""

    type: Literal["Point"]
    coordinates: Position


class PolygonJson(Strict):
    """A GeoJSON polygon of one ring (RFC 7946, 3.1.6)."""

    type: Literal["Polygon"]
    coordinates: Annotated[
        list[Annotated[list[tuple[float, float]], Field(min_length=4, max_length=MAX_CORNERS)]],
        Field(min_length=1, max_length=1),
    ]


class TrackJson(Strict):
    """Where it was seen, and when."""

    at: InstantText
    geometry: PointJson


class LaunchJson(Strict):
    """When and where it was launched, as far as is known."""

    at: InstantText | None = None
    geometry: PointJson | None = None


class ImpactJson(Strict):
    """When and where it is expected to fall, as far as is known."""

    at: InstantText | None = None
    geometry: PolygonJson | None = None


class WarningJson(Strict):
    """A missile warning: one version of one event, by one reporter."""

    schema_: Literal["relto/missile-warning/1"] = Field(alias="schema")
    event: Name
    version: Annotated[int, Field(ge=1, le=MAX_VERSION, strict=True)]
    by: Party
    kind: Kind
    status: Status
    confidence: Confidence
    observed: InstantText
    launch: LaunchJson | None = None
    track: Annotated[list[TrackJson], Field(max_length=MAX_TRACK)] = []
    impact: ImpactJson | None = None
    released: InstantText | None = None
    received: InstantText | None = None
    says: Annotated[str, Field(max_length=MAX_SAYS)] = ""


class WhenJson(Strict):
    """An instant as told, with the precision that the source has and the zone it speaks in."""

    at: InstantText
    precision: Precision = "instant"
    zone: Annotated[str, Field(max_length=64)] = "UTC"


class FigureJson(Strict):
    """A measure as it was told, from low to high."""

    measure: Measure
    low: float
    high: float
    unit: Unit


class ClaimJson(Strict):
    """What one reporter says."""

    by: Party
    says: Annotated[str, Field(min_length=1, max_length=MAX_SAYS)]
    source: Annotated[str, Field(max_length=MAX_SAYS)] = ""
    when: WhenJson | None = None
    geometry: PointJson | None = None
    figures: Annotated[list[FigureJson], Field(max_length=16)] = []
    unconfirmed: bool = False


class StepJson(Strict):
    """A step in how it was handled."""

    state: Handling
    by: Party
    when: WhenJson


class EncounterJson(Strict):
    """An encounter at sea or in the air: a claim set for each reporter, and how it was handled."""

    schema_: Literal["relto/encounter-report/1"] = Field(alias="schema")
    event: Name
    domain: Domain
    between: Annotated[list[Party], Field(min_length=2, max_length=16)]
    claims: Annotated[list[ClaimJson], Field(min_length=1, max_length=16)]
    handling: Annotated[list[StepJson], Field(min_length=1, max_length=64)]


class DocumentJson(Strict):
    """Text for people."""

    schema_: Literal["relto/document/1"] = Field(alias="schema")
    text: Annotated[str, Field(max_length=MAX_TEXT)]
    title: Annotated[str, Field(max_length=500)] = ""
    language: Annotated[str, Field(max_length=35)] = ""
