"""Write the next numbered migration from the difference between the models and a migrated, empty database."""

import re
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command

from gig.core.schema import MIGRATIONS, config, upgrade


def main(message: str) -> None:
    numbers = [int(path.name[:4]) for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")]
    revision = f"{max(numbers, default=0) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{folder}/empty.db")
        settings = config(engine)
        settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        if numbers:
            upgrade(engine)
        command.revision(settings, message, autogenerate=True, rev_id=revision)
        engine.dispose()
    slug = re.sub(r"\W+", "_", message.lower())
    print(f"wrote {Path('migrations/versions') / f'{revision}_{slug}.py'}: read it, add checks and triggers")


if __name__ == "__main__":
    main(sys.argv[1])
