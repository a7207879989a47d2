"""Test what the page may do after the bundled database's script and the README's statements."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, exc, inspect, make_url, text

from allswell.central import engine
from charts.documents import CHART
from tests import needs, postgres
from tests.unit.chart import rendering

pytestmark = [pytest.mark.integration, pytest.mark.needs("postgresql", "helm")]
MOUNTED = "/etc/allswell/database/web-password"


def client(server: postgres.Server) -> dict[str, str]:
    """Return the environment of a client of a server."""
    programs = needs.postgres_bin()
    path = f"{programs}:{os.defpath}"
    return {"PATH": path, "PGHOST": "127.0.0.1", "PGPORT": str(server.port)}


def bundled(server: postgres.Server, folder: Path) -> tuple[str, str]:
    """Run the small database's script as its image does at the first start; operator and page."""
    address = server.create("allswell")
    (folder / "web-password").write_text('it\'s "secret"')
    source = rendering.of_kind(rendering.render(), "ConfigMap")["allswell-database"]["data"]
    content = source["page.sh"].replace(MOUNTED, str(folder / "web-password"))
    assert content != source["page.sh"]
    environment = {**client(server), "POSTGRES_USER": "allswell", "POSTGRES_DB": "allswell"}
    subprocess.run(["sh", "-eu"], input=content, env=environment, text=True, check=True, timeout=20)
    return address, named(address, "allswell_web")


def external(server: postgres.Server, folder: Path) -> tuple[str, str]:
    """Run what the README says of a database of one's own; operator and page."""
    text = (CHART / "README.md").read_text("utf-8")
    # Under other names, for the server's own user is called like the first.
    statements = text.split("```sql\n")[1].split("```")[0].replace("allswell", "ours")
    (folder / "statements.sql").write_text(statements)
    flags = ["--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-U", "allswell", "-d", "postgres"]
    command = ["psql", *flags, "-f", str(folder / "statements.sql")]
    subprocess.run(command, env=client(server), check=True, capture_output=True, timeout=20)
    address = server.url("ours")
    return named(address, "ours"), named(address, "ours_web")


def named(address: str, user: str) -> str:
    """Return an address with another user."""
    url = make_url(address).set(username=user, drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module", params=[bundled, external], ids=["bundled", "external"])
def page(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Yield the page's URL of a database that was made so, then migrated by the operator."""
    with postgres.running() as server:
        operators, pages = request.param(server, tmp_path_factory.mktemp("database"))
        owner = engine.connect(operators)
        engine.migrate(owner)
        owner.dispose()
        found = create_engine(pages)
        yield found
        found.dispose()


def test_the_page_may_read_every_table_that_is_made_later(page: Engine) -> None:
    tables = inspect(page).get_table_names()
    assert "monitor" in tables
    with page.connect() as connection:
        for table in tables:
            connection.execute(text(f'SELECT count(*) FROM "{table}"'))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE monitor SET name = 'x'",
        "DELETE FROM page",
        "INSERT INTO centre (id) VALUES (1)",
        "CREATE TABLE mine (id int)",
        "DROP TABLE page",
        "SELECT rolname FROM pg_authid",
    ],
)
def test_the_page_may_do_nothing_else_even_in_a_transaction_that_may_write(
    page: Engine, statement: str
) -> None:
    with page.connect() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        with pytest.raises(exc.ProgrammingError, match=r"permission denied|must be owner"):
            connection.execute(text(statement))
