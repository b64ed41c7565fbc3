"""Analysis: what is due, and the brief. Reads a dossier; changes nothing."""

from relto.core.analysis.brief import AgreementBrief, Brief, Condition, brief
from relto.core.analysis.countdown import countdown
from relto.core.analysis.deadlines import Deadline, deadlines

__all__ = ["AgreementBrief", "Brief", "Condition", "Deadline", "brief", "countdown", "deadlines"]
