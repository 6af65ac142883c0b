"""`courseflow`, the command line: `python -m courseflow_admin COMMAND`."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from courseflow_admin.config import Settings, settings
from courseflow_admin.errors import CourseFlowError, DatabaseNotStarted, SettingsInvalid

ROOT = Path(__file__).parent.parent
STARTED_IN = Path.cwd()  # what is typed as a path is meant from here
LARGEST_MESSAGE = 1_000_000  # bytes from a socket; the longest lesson has 200,000 characters
INVALID = 2  # exit code: settings or database are wrong, trying again would not help

app = typer.Typer(
    name="courseflow",
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def run(stop_with_parent: Annotated[bool, typer.Option(hidden=True)] = False) -> None:
    """Start the database, the sandbox, the worker and the app; Ctrl-C stops everything."""
    # In place of this process: the supervisor stays small without typer.
    arguments = ["--stop-with-parent"] if stop_with_parent else []
    supervisor = [sys.executable, "-m", "courseflow_admin.development.supervisor", *arguments]
    os.execv(sys.executable, supervisor)  # noqa: S606 - our own interpreter


@app.command()
def web() -> None:
    """The app alone: pages, API and socket on PORT. `courseflow run` starts it with the rest."""
    with _database("web"):
        import uvicorn

        asyncio.run(_connected(_startable))
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

        asyncio.run(_connected(_startable))
        code = main()
    raise typer.Exit(code)


@app.command()
def build(
    archive: Annotated[
        Path | None, typer.Option(help="Also write the built screens to this .tar.gz.")
    ] = None,
    taken_from: Annotated[
        Path | None, typer.Option("--from", help="Use screens built elsewhere; needs no bun.")
    ] = None,
) -> None:
    """Build the screens, unless neither their sources nor a lock has changed."""
    from courseflow_admin.frontend import BUILD, BuildFailed, ensure_built, pack, unpack

    stamp = BUILD / "stamp"
    before = stamp.stat().st_mtime_ns if stamp.exists() else 0
    try:
        unpack(STARTED_IN / taken_from) if taken_from else ensure_built()
        if archive:
            pack(STARTED_IN / archive)
    except BuildFailed as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    is_new = stamp.stat().st_mtime_ns != before
    print("Screens: built" if is_new else "Screens: unchanged since they were built")


@app.command()
def migrate(
    contract: Annotated[
        bool,
        typer.Option("--contract", help="Also remove what only older releases need."),
    ] = False,
    only_list: Annotated[
        bool, typer.Option("--list", help="Show the migrations and change nothing.")
    ] = False,
) -> None:
    """Create or replace indexes and run pending migrations."""

    async def act() -> None:
        await _stamped()
        await _migrated(contract)

    with _database("migrate"):
        asyncio.run(_connected(_list_migrations if only_list else act))
    if not only_list:
        print("The database is up to date.")


async def _migrated(contract: bool = False) -> None:
    from courseflow_admin.db.migrations import bring_up_to_date
    from courseflow_admin.frontend import build_id

    shown = ProgressLine()
    try:
        await bring_up_to_date(
            contract=contract, build=build_id(), say=shown.say, progress=shown.progress
        )
    finally:
        shown.end()


async def _list_migrations() -> None:
    from courseflow_admin.db import index_state, migrating, migrations

    for status in await migrations.listing():
        row = status.row
        done = f"{row['done']} of {row['total']}" if row else ""
        build = f"by build {row['build']}" if row.get("build") else ""
        parts = (f"{status.migration}", status.migration.kind, status.state, done, build)
        print("  ".join(part for part in (*parts, row.get("error", "")) if part))
    for fault in await index_state.faults():
        print(f"index  {fault}")
    print(f"code version {migrations.CODE_VERSION}, needed: {await migrating.min_code()}")


class ProgressLine:
    """How far a migration is: one line that changes on a terminal, now and then one elsewhere."""

    EVERY_SECONDS = 2.0

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._open = False
        self._shown = 0.0

    def say(self, text: str) -> None:
        self.end()
        print(text, flush=True)

    def progress(self, migration: object, done: int, total: int) -> None:
        if not total:
            return
        if not self._live and done < total and time.monotonic() - self._shown < self.EVERY_SECONDS:
            return
        self._shown = time.monotonic()
        line = f"{migration}: {done:,} of {total:,} ({done * 100 // max(total, 1)}%)"
        print(f"\r{line}" if self._live else line, end="" if self._live else "\n", flush=True)
        self._open = self._live

    def end(self) -> None:
        if self._open:
            print(flush=True)
        self._open = False


@app.command()
def retention() -> None:
    """Delete data older than the school's retention settings; the worker does this daily."""

    async def act() -> None:
        from courseflow_admin.services.school.retention import apply

        await _startable()
        erased = await apply()
        print(", ".join(f"{kind}: {count}" for kind, count in erased.items()))

    with _database("retention"):
        asyncio.run(_connected(act))


@app.command()
def seed(
    if_empty: Annotated[bool, typer.Option(help="Only when no accounts exist yet.")] = False,
) -> None:
    """Create the indexes and load the demo school; never into a database with live money."""

    async def act() -> None:
        from courseflow_admin.development.demo.loader import NotEmpty, load_demo_school
        from courseflow_admin.services.school import startup as school

        stamp = await school.check_stamp(settings())
        await school.follow_clock(settings())  # of a new database only now
        await _migrated()
        if if_empty and (stamp == school.LIVE or settings().production):
            return
        try:
            is_new = await load_demo_school()
        except NotEmpty:
            if not if_empty:
                raise
        else:
            if not is_new and not if_empty:
                print("The demo school is already loaded.")

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
    """Create an admin account. Prompts for the password."""

    async def act() -> None:
        from courseflow_admin.models.core.permissions import SYSTEM
        from courseflow_admin.services.identity import accounts

        await _stamped()
        await _migrated()
        made = await accounts.create(
            SYSTEM, email=email, name=name, role="admin", password=password
        )
        print(f"Created admin {made.email} ({made.id}).")

    with _database("create-admin"):
        asyncio.run(_connected(act))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check settings, database, transactions, indexes, providers, keys and clock."""
    with _database("doctor") as current:
        from courseflow_admin.services.school import doctor as checks

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


@contextmanager
def database_uri(current: Settings) -> Iterator[str]:
    """Where the database is: the one named by MONGODB_URI, else our own, started if need be."""
    if current.mongodb_uri is not None:
        yield current.mongodb_uri.get_secret_value()
    elif current.production:
        raise DatabaseNotStarted("MONGODB_URI: needed when ENV=production")
    else:
        from courseflow_admin.development.embedded import EmbeddedMongo

        with EmbeddedMongo(current.data_dir) as uri:
            yield uri


def _of_the_run_here() -> Settings:
    """The settings; where no port is given, with that of the run this folder has, if it has one."""
    current = settings()
    if current.production or "port" in current.model_fields_set:
        return current
    from courseflow_admin.development import run_note

    if port := run_note.port_in_use(current.data_dir):
        os.environ["PORT"] = str(port)
        settings.cache_clear()
    return settings()


async def _connected(act: Callable[[], Awaitable[None]]) -> None:
    from courseflow_admin.db.core import client
    from courseflow_admin.services.school import startup

    await client.connect(os.environ["MONGODB_URI"], settings().mongodb_database)
    try:
        await startup.follow_clock(settings())
        await act()
    finally:
        await client.close()


async def _startable() -> None:
    """What web and worker need: the right kind of database, as this code needs it."""
    from courseflow_admin.db.migrations import require_up_to_date

    await _stamped()
    await require_up_to_date()


async def _stamped() -> None:
    """Nothing works on a database meant for something else: money and rehearsal never mix."""
    from courseflow_admin.services.school.startup import check_stamp

    await check_stamp(settings())


def main() -> None:
    os.chdir(ROOT)  # `.env`, `.data` and rxconfig.py are those of the project, wherever one stands
    app()
