"""How properties are tried: the same examples on every run, so that a change is what turns a test red.

`HYPOTHESIS_PROFILE=explore sh tests/run tests/mail` looks further, with other examples each time.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
