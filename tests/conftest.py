"""What holds for all tests."""

import gc

# Most of what a test makes is kept until its end: to look for what is not thirty times less often saves a twentieth.
gc.set_threshold(20_000, 10, 10)
