"""Routes: straight under one agreement, or through an ally under an arrangement that rests on others.

`decide` is the whole decision: the reference evaluator's verdict, with the routes that serve or would serve.
"""

from relto.core.route.decide import decide
from relto.core.route.mediated import Hop, MediatedRoute, mediated_routes

__all__ = ["Hop", "MediatedRoute", "decide", "mediated_routes"]
