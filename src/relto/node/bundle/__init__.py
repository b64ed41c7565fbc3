"""Evidence bundles: what one node has about one thing, in one file that a third person verifies offline.

Pure: bytes and keys in, a report out; no node, no store, no clock. `node/export.py` gathers what goes into one.
"""

from relto.node.bundle.bundle import MAX_BUNDLE_BYTES, Bundle, LabelSigned, Proved, seal_bundle
from relto.node.bundle.report import Report, examine

__all__ = [
    "MAX_BUNDLE_BYTES",
    "Bundle",
    "LabelSigned",
    "Proved",
    "Report",
    "examine",
    "seal_bundle",
]
