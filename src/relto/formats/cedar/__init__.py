"""The dossier at an instant as Cedar: policies a lawyer can read, their schema, the entities, and requests.

Values of the core come in, text and plain data go out; nothing here decides. Cedar's language: docs.cedarpolicy.com.
"""

from relto.formats.cedar.asking import CedarRequest
from relto.formats.cedar.export import CedarExport, export_cedar

__all__ = ["CedarExport", "CedarRequest", "export_cedar"]
