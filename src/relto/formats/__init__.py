"""Pure codecs for foreign formats: bytes in, values of the core out, and back. No I/O, no clock."""
