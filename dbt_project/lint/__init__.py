"""What sqlfluff knows of the macros; it loads this anew for every file, so all that takes time is kept elsewhere."""

import gc

from ccdata_assets.standard.lint import linted_macros

# a large model is a million objects, none of them garbage until its lint is done: to look for any takes a third of the time
gc.set_threshold(200_000, 50, 100)
globals().update(linted_macros())
