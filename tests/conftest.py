"""What holds for all tests."""

import gc
import os

# Most of what a test makes is kept until its end: to look for what is not thirty times less often saves a twentieth.
gc.set_threshold(20_000, 10, 10)
os.environ.pop("RELTO_PASSPHRASE", None)  # whoever runs the tests may have one for a node of their own
