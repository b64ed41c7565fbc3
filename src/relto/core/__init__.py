"""The pure core: values in, values out.

No I/O, no clock, no logging; the instant and any randomness are arguments.
"""
