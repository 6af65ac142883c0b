"""`courseflow`, the command line: `python -m courseflow_admin COMMAND`."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from courseflow_admin.config import Settings, settings
from courseflow_admin.errors import CourseFlowError, SettingsInvalid

ROOT = Path(__file__).parent.parent
LARGEST_MESSAGE = 1_000_000  # bytes from a socket; the longest lesson has 200,000 characters
INVALID = 2  # exit code: the settings are wrong, trying again would not help

app = typer.Typer(
    name="courseflow",
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def run(stop_with_parent: Annotated[bool, typer.Option(hidden=True)] = False) -> None:
    """Start the database, the sandbox, the worker and the app; Ctrl-C stops all of it."""
    # In place of this process: the supervisor stays small without typer.
    arguments = ["--stop-with-parent"] if stop_with_parent else []
    os.execv(  # noqa: S606 - our own interpreter
        sys.executable, [sys.executable, "-m", "courseflow_admin.serve", *arguments]
    )


@app.command()
def web() -> None:
    """The app alone: pages, API and socket on PORT. `courseflow run` starts it with the rest."""
    with _database("web"):
        import uvicorn

        asyncio.run(_connected(_stamped))
        uvicorn.run(
            "courseflow_admin.courseflow_admin:asgi_app",
            factory=True,
            host=settings().host,
            port=settings().port,
            log_config=None,
            log_level="warning",  # our own lines say what there is to say
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
            ws_max_size=LARGEST_MESSAGE,
        )


@app.command()
def worker() -> None:
    """The worker alone: webhook events, due payments, receipt numbers, e-mails."""
    with _database("worker"):
        from courseflow_admin.worker import main

        asyncio.run(_connected(_stamped))
        code = main()
    raise typer.Exit(code)


@app.command()
def build() -> None:
    """Build the screens, unless neither their sources nor a lock has changed."""
    from courseflow_admin.frontend import BUILD, BuildFailed, ensure_built

    stamp = BUILD / "stamp"
    before = stamp.stat().st_mtime_ns if stamp.exists() else 0
    try:
        ensure_built()
    except BuildFailed as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    is_new = stamp.stat().st_mtime_ns != before
    print("Screens: built" if is_new else "Screens: unchanged since they were built")


@app.command()
def migrate() -> None:
    """Create the indexes that are missing, and the fields that came later."""

    async def act() -> None:
        from courseflow_admin.db.migrations import bring_up_to_date

        await _stamped()
        await bring_up_to_date()

    with _database("migrate"):
        asyncio.run(_connected(act))
    print("The database is up to date.")


@app.command()
def seed(
    if_empty: Annotated[bool, typer.Option(help="Only when nobody has an account yet.")] = False,
) -> None:
    """Create the indexes and load the demo school; never into a database with live money."""

    async def act() -> None:
        from courseflow_admin.db.migrations import bring_up_to_date
        from courseflow_admin.demo.loader import NotEmpty, load_demo_school
        from courseflow_admin.services import school

        stamp = await school.check_stamp(settings())
        await bring_up_to_date()
        if if_empty and (stamp == school.LIVE or settings().production):
            return
        try:
            is_new = await load_demo_school()
        except NotEmpty:
            if not if_empty:
                raise
        else:
            if not is_new and not if_empty:
                print("The demo school is loaded already.")

    with _database("seed"):
        asyncio.run(_connected(act))


@app.command()
def create_admin(
    email: str,
    name: Annotated[str, typer.Option()] = "Admin",
    password: Annotated[
        str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)
    ] = "",
) -> None:
    """Make an account with the role admin. The password is asked for."""

    async def act() -> None:
        from courseflow_admin.db.migrations import bring_up_to_date
        from courseflow_admin.models.permissions import SYSTEM
        from courseflow_admin.services import accounts

        await _stamped()
        await bring_up_to_date()
        made = await accounts.create(
            SYSTEM, email=email, name=name, role="admin", password=password
        )
        print(f"Made the admin {made.email} ({made.id}).")

    with _database("create-admin"):
        asyncio.run(_connected(act))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Check settings, database, transactions, indexes, providers, keys and clock."""
    with _database("doctor") as current:
        from courseflow_admin.services import doctor as checks

        found = asyncio.run(checks.examine(current))
        if as_json:
            report = {
                "ok": all(check.ok for check in found),
                "addresses": {"app": current.origin, **checks.provider_addresses(current)},
                "webhook_secrets": checks.sandbox_secrets(current),
                "checks": [vars(check) for check in found],
            }
            print(json.dumps(report, indent=2))
        else:
            for check in found:
                print(f"{'ok   ' if check.ok else 'WRONG'}  {check.name}: {check.detail}")
    raise typer.Exit(0 if all(check.ok for check in found) else 1)


@contextmanager
def _database(process: str) -> Iterator[Settings]:
    """Settings, logs and the database, our own started if need be; what is wrong is one line."""
    from courseflow_admin.db.embedded import database_uri
    from courseflow_admin.db.mongod import DatabaseNotStarted
    from courseflow_admin.logs import configure_logs

    try:
        current = _of_the_run_here()
        configure_logs(json=current.production, process=process)
        with database_uri(current) as uri:
            os.environ["MONGODB_URI"] = uri
            settings.cache_clear()
            yield settings()
    except SettingsInvalid as error:
        print("\n".join(error.lines), file=sys.stderr)
        raise typer.Exit(INVALID) from None
    except (CourseFlowError, DatabaseNotStarted) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


def _of_the_run_here() -> Settings:
    """The settings; where no port is given, with that of the run this folder has, if it has one."""
    from courseflow_admin import run_note

    current = settings()
    if "port" in current.model_fields_set:
        return current
    if port := run_note.port_in_use(current.data_dir):
        os.environ["PORT"] = str(port)
        settings.cache_clear()
    return settings()


async def _connected(act: Callable[[], Awaitable[None]]) -> None:
    from courseflow_admin.db import client

    await client.connect(os.environ["MONGODB_URI"], settings().mongodb_database)
    try:
        await act()
    finally:
        await client.close()


async def _stamped() -> None:
    """Nothing works on a database meant for something else: money and rehearsal never mix."""
    from courseflow_admin.services.school import check_stamp

    await check_stamp(settings())


def main() -> None:
    os.chdir(ROOT)  # `.env`, `.data` and rxconfig.py are those of the project, wherever one stands
    app()
