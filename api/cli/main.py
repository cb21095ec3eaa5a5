"""The `rongan` command: its sub-commands, and what an error looks like from outside."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from api.cli.adequacy import adequacy_command
from api.cli.city import city_app
from api.cli.compare import compare_command
from api.cli.drill import drill_command
from api.cli.evacuate import evacuate_command
from api.cli.flood import flood_command
from api.cli.forecast import forecast_command
from api.cli.headroom import headroom_command
from api.cli.keys import keys_app
from api.cli.serve import serve_command
from api.cli.site import site_command
from api.cli.store import store_app
from api.cli.watch import replay_command, watch_command
from data.errors import RonganError

app = typer.Typer(
    name="rongan",
    help="Rong'an (蓉安): flood early warning and emergency simulation."
    " All it issues is an exercise, unless a service is set up for more.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"rongan {version('rongan')}")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options before the sub-command."""


app.command("drill")(drill_command)
app.command("flood")(flood_command)
app.command("forecast")(forecast_command)
app.command("evacuate")(evacuate_command)
app.command("compare")(compare_command)
app.command("headroom")(headroom_command)
app.command("adequacy")(adequacy_command)
app.command("site")(site_command)
app.command("serve")(serve_command)
app.command("watch")(watch_command)
app.command("replay")(replay_command)
app.add_typer(city_app, name="city")
app.add_typer(store_app, name="store")
app.add_typer(keys_app, name="keys")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit code 0 done, 2 bad input, 3 the run stopped itself."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; every expected error becomes one message on stderr."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        app(args=arguments)  # ends by SystemExit: 0 done, 2 for a command line that Typer refuses
    except SystemExit as stop:
        return int(stop.code or 0)
    except KeyboardInterrupt:
        console.print("Stopped.", markup=False)
        return 130
    except RonganError as error:
        console.print(f"Error: {error}", markup=False, style="bold red")
        return error.exit_code
    return 0


if __name__ == "__main__":
    main()
