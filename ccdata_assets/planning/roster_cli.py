"""`ccdata roster`."""
import typer
roster_app = typer.Typer(no_args_is_help=True)
@roster_app.command("make")
def make() -> None: ...
@roster_app.command("check")
def check() -> None: ...
