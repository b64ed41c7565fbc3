"""Faults: processes killed, power cut, messages repeated, clocks askew, peers cut off; and what must hold all the same.

`make faults` runs every experiment at its full size and prints one line of figures each; `test_faults.py` runs a slice.
`reach.py` is the one place that knows how nodes are reached.
"""
