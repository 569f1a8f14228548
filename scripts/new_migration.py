"""Write the next numbered migration from the difference between the models and the migrations so far."""

import re
import subprocess
import sys
import warnings
from pathlib import Path

import sqlalchemy as sa
from alembic import command

import gig.app  # noqa: F401  (every model is there to be compared)
from gig.core.schema import MIGRATIONS, config, upgrade
from tests.fixtures.postgres import running_postgres


def main(message: str) -> None:
    versions = MIGRATIONS / "versions"
    numbers = [int(path.name[:4]) for path in versions.glob("[0-9]*_*.py")]
    revision = f"{max(numbers, default=0) + 1:04d}"
    path = versions / f"{revision}_{re.sub(r'[^a-z0-9]+', '_', message.lower()).strip('_')[:40]}.py"
    with running_postgres() as server:  # it can be compared more closely than SQLite
        engine = sa.create_engine(server.url("postgres"))
        settings = config(engine)
        settings.set_main_option("file_template", path.stem)
        if numbers:
            upgrade(engine)
        command.revision(settings, message, autogenerate=True, rev_id=revision)
        engine.dispose()
    path.write_text(path.read_text("utf-8").replace("%%", "%"), "utf-8")  # psycopg's doubled LIKE signs
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)
    print(f"wrote {Path('migrations/versions') / path.name}: read it, add triggers and data")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1])
