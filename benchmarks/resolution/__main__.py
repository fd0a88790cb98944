"""How right and how fast resolution is: `python -m benchmarks.resolution [public [SET …] | golden | ablation | train]`.

`public`, which is meant where none is named, scores `ccdata resolve` on public sets; `golden` measures the golden
records of an invented world beside Splink alone; `ablation` takes parts of the engine away; `train` makes the shipped match
model.
"""

from __future__ import annotations

import sys

import typer

from benchmarks.resolution.ablation import ablation
from benchmarks.resolution.golden import golden
from benchmarks.resolution.public import HERE, SETS, public
from benchmarks.resolution.train import train

__all__ = ["HERE", "SETS"]

app = typer.Typer(add_completion=False, help=__doc__)
COMMANDS = {command.__name__: app.command()(command) for command in (public, golden, ablation, train)}


def main(arguments: list[str]) -> None:
    """Run a command; names of sets alone are those of `public`."""
    is_named = arguments[:1] == ["--help"] or (arguments[:1] and arguments[0] in COMMANDS)
    app(arguments if is_named else ["public", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
