"""Sufficiency: who would know of a launch when, by which route, and whether that is soon enough.

A model, and labelled so: launches and assumptions come in, bands come out. A ballistic arc, the curvature of the earth,
stations and latencies as the assumption file gives them, and the routes that the agreements leave open at that instant.
Nothing is said about engagement.
"""

from relto.core.analysis.sufficiency.arc import flight_seconds
from relto.core.analysis.sufficiency.assess import Assessment, NotAssessable, assess
from relto.core.analysis.sufficiency.assumptions import Assumptions, Band, Overhead, Station
from relto.core.analysis.sufficiency.knowing import Open, Route, open_routes
from relto.core.analysis.sufficiency.launch import Launch
from relto.core.analysis.sufficiency.verdict import Flip, Sufficiency

__all__ = [
    "Assessment",
    "Assumptions",
    "Band",
    "Flip",
    "Launch",
    "NotAssessable",
    "Open",
    "Overhead",
    "Route",
    "Station",
    "Sufficiency",
    "assess",
    "flight_seconds",
    "open_routes",
]
