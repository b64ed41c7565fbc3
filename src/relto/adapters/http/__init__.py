"""The link over HTTP: TLS 1.3 both ways, each side known by the certificate that the other has pinned."""

from relto.adapters.http.link import HttpLink
from relto.adapters.http.tls import PeerContexts, client_context, people_context

__all__ = ["HttpLink", "PeerContexts", "client_context", "people_context"]
