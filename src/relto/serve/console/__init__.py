"""The desk: pages for a party's people, made on the server, of use without a script.

What a page may show and do is what the role of who is signed in may (`relto.node.people`); it acts through the node's
own use cases, as the interface for programs does. Nothing is loaded from elsewhere.
"""

from relto.serve.console.app import add_desk

__all__ = ["add_desk"]
