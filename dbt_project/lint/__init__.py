"""What sqlfluff knows of the macros; it loads this anew for every file, so all that takes time is kept elsewhere."""

from ccdata_assets.standard.lint import linted_macros

globals().update(linted_macros())
