"""The script of the small database, on a real PostgreSQL: what the page may do there."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, exc, inspect, make_url, text

from allswell.central import engine
from tests import needs, postgres
from tests.unit.chart import rendering

pytestmark = [pytest.mark.integration, pytest.mark.needs("postgresql", "helm")]
MOUNTED = "/etc/allswell/database/web-password"


def script(server: postgres.Server, folder: Path) -> None:
    """Run it as the image does at its first start."""
    (folder / "web-password").write_text('it\'s "secret"')
    programs = needs.postgres_bin()
    source = rendering.of_kind(rendering.render(), "ConfigMap")["allswell-database"]["data"]
    environment = {
        "PATH": f"{programs}:{os.defpath}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "POSTGRES_USER": "allswell",
        "POSTGRES_DB": "allswell",
    }
    content = source["page.sh"].replace(MOUNTED, str(folder / "web-password"))
    assert content != source["page.sh"]
    subprocess.run(["sh", "-eu"], input=content, env=environment, text=True, check=True, timeout=20)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The page's way to a database that was made by the script, then migrated by the operator."""
    with postgres.running() as server:
        address = server.create("allswell")
        script(server, tmp_path_factory.mktemp("script"))
        owner = engine.connect(address)
        engine.migrate(owner)
        owner.dispose()
        url = make_url(address).set(username="allswell_web", drivername="postgresql+psycopg")
        found = create_engine(url)
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
