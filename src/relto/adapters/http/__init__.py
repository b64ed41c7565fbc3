"""The link over HTTP: TLS 1.3 both ways, each side known by the certificate that the other has pinned."""

from relto.adapters.http.link import HttpLink
from relto.adapters.http.tls import client_context, peer_context, people_context, trust

__all__ = ["HttpLink", "client_context", "peer_context", "people_context", "trust"]
