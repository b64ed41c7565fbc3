"""relto: information sharing between sovereign parties, governed by agreements the software can enforce."""

__version__ = "0.1.0"
