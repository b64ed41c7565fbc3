"""The ledger held against a verifier that others wrote: Go's `sumdb/tlog` and `sumdb/note`."""
