"""The machine interface for a party's own people: FastAPI under /v1, described at /v1/openapi.json.

A node, its people and settings come in by `create_api`; every act goes through the roles' table and states who did it.
"""

from relto.serve.api.app import create_api
from relto.serve.api.settings import ApiSettings, OidcSettings

__all__ = ["ApiSettings", "OidcSettings", "create_api"]
