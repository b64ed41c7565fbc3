"""An encounter report as GeoJSON features (RFC 7946): one a claim set, each with who says so; nothing is merged."""

from __future__ import annotations

from typing import Any

from relto.core.payload import EncounterReport
from relto.formats.payload.codec import claim_json


def encounter_features(report: EncounterReport) -> dict[str, Any]:
    """A feature collection: a feature for each reporter, without geometry where it names no place (RFC 7946, 3.2)."""
    features = []
    for claim in report.claims:
        properties = claim_json(claim)
        geometry = properties.pop("geometry", None)
        properties |= {"event": report.event, "domain": report.domain, "handled": report.state}
        features.append(
            {"type": "Feature", "id": f"{report.event}.{claim.by}", "geometry": geometry, "properties": properties}
        )
    return {"type": "FeatureCollection", "features": features}
