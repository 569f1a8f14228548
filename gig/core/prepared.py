"""Statements of the hot paths: put together once, run on the driver's own cursor.

Asking through a session costs ten to twenty times what the database itself takes, and a claim or a
reply asks several times. A prepared statement is compiled once for each kind of database; its values and
rows are converted by the types of its columns, as anywhere else, and it runs inside the session's own
transaction, so it commits and rolls back with it. It takes no part in the session's objects: nothing is
flushed before it and nothing that it changes is refreshed.

Writes whose answer nobody waits for are gathered by `together` and sent as one statement where the database
can take them so: on PostgreSQL each waiting costs more than the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from gig.core.rows import row_of

Values = Mapping[str, Any]
Build = Callable[[Dialect], Any]
Convert = Callable[[Any], Any]

NOTHING: Values = {}

watchers: list[Callable[[str], None]] = []
"""Told of every statement before it is sent, as an engine's own events are of all others. For tests."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """`binds` are the driver's parameters in order and what converts each; the statement brings `fixed`."""

    text: str
    binds: tuple[tuple[str, Convert | None], ...]
    fixed: Mapping[str, Any]
    row: Callable[[Sequence[Any]], Any]
    converts: tuple[tuple[int, Convert], ...]

    def parameters(self, values: Values) -> list[Any]:
        if self.fixed:
            values = {**self.fixed, **values}
        return [values[name] if convert is None else convert(values[name]) for name, convert in self.binds]

    def read(self, found: Sequence[Any]) -> Any:
        if not self.converts:
            return self.row(found)
        cells = list(found)
        for place, convert in self.converts:
            if cells[place] is not None:
                cells[place] = convert(cells[place])
        return self.row(cells)


class Prepared:
    """One statement with named parameters (`sa.bindparam`), each of which must be given a value when it runs.

    `build` is the statement, or makes it for a dialect where the two databases differ. It may hold no
    parameter that is expanded (`IN` over a list) and no literal that is written out at execution; write
    `sa.literal_column("'open'")` where an index needs to see a constant. With `anew`, PostgreSQL plans it
    for the values of each run: how many rows they meet decides the plan. What `together` gathers is another
    statement, which is kept: one to be planned anew is run.
    """

    def __init__(
        self, build: Build | sa.Executable, *, if_decided: Build | None = None, anew: bool = False
    ) -> None:
        self._build = build
        self._anew = anew
        self._build_if_decided = if_decided or self._with_condition
        self._if_decided: Prepared | None = None
        self._compiled: dict[str, Compiled] = {}

    def all(self, session: Session, values: Values = NOTHING) -> list[Any]:
        """Every row, as a tuple with the columns' names."""
        compiled, cursor = self._run(session, values)
        rows = [compiled.read(row) for row in cursor.fetchall()]
        cursor.close()
        return rows

    def all_plain(self, session: Session, values: Values = NOTHING) -> list[tuple[Any, ...]]:
        """Every row as the driver gives it, which is as it takes it."""
        _, cursor = self._run(session, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.close()
        return rows

    def on(self, connection: Connection, values: Values = NOTHING) -> list[Any]:
        """Every row, asked on a connection of one's own."""
        compiled = self.compiled(connection.dialect)
        cursor = execute(connection, compiled.text, compiled.parameters(values), anew=self._anew)
        rows = [compiled.read(row) for row in cursor.fetchall()]
        cursor.close()
        return rows

    def first(self, session: Session, values: Values = NOTHING) -> Any:
        """The first row, or None."""
        compiled, cursor = self._run(session, values)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else compiled.read(row)

    def run(self, session: Session, values: Values = NOTHING) -> int:
        """Carries out a write and says how many rows it met."""
        _, cursor = self._run(session, values)
        met: int = cursor.rowcount
        cursor.close()
        return met

    def write(self, session: Session, values: Values = NOTHING) -> None:
        """Carries out a write: now, or when the surrounding `together` ends."""
        gathered = session.info.get("together")
        if gathered is None:
            self.run(session, values)
        else:
            gathered.add(self, values)

    def peek(self, session: Session, values: Values) -> Any:
        """The first row or None, before anything else: for what every request must ask first.

        On PostgreSQL the session's transaction goes on with it. On SQLite it is read in no transaction,
        because a reading one would have to end before the write of this request may begin.
        """
        engine = cast(Engine, session.get_bind())
        if engine.dialect.name != "sqlite":
            return self.first(session, values)
        compiled = self.compiled(engine.dialect)
        _tell(compiled.text)
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(compiled.text, compiled.parameters(values))
            row = cursor.fetchone()
            cursor.close()
        finally:
            connection.close()
        return None if row is None else compiled.read(row)

    def _run(self, session: Session, values: Values) -> tuple[Compiled, Any]:
        connection = connection_of(session)
        compiled = self.compiled(connection.dialect)
        return compiled, execute(connection, compiled.text, compiled.parameters(values), anew=self._anew)

    def compiled(self, dialect: Dialect) -> Compiled:
        return self._compiled.get(dialect.name) or self._compile(dialect)

    def if_decided(self) -> Prepared:
        """The same write, carried out only if the one called `decided` in its statement has met a row."""
        if self._if_decided is None:
            self._if_decided = Prepared(self._build_if_decided)
        return self._if_decided

    def _with_condition(self, dialect: Dialect) -> Any:
        statement: Any = self._build(dialect) if callable(self._build) else self._build
        return statement.where(DECIDED)

    def _compile(self, dialect: Dialect) -> Compiled:
        statement: Any = self._build(dialect) if callable(self._build) else self._build
        made = cast(SQLCompiler, statement.compile(dialect=_numbered(dialect)))
        if made.literal_execute_params or made.post_compile_params or _defaults(made):
            raise ValueError(f"this statement cannot be prepared: {made}")
        named = {name: bind for bind, name in made.bind_names.items()}
        fixed = {name: bind.effective_value for name, bind in named.items() if not bind.required}
        columns = list(getattr(statement, "exported_columns", ()))
        converts = ((place, _reading(column.type, dialect)) for place, column in enumerate(columns))
        compiled = self._compiled[dialect.name] = Compiled(
            text=str(made),
            binds=tuple((name, _writing(named[name].type, dialect)) for name in made.positiontup or ()),
            fixed=fixed,
            row=row_of("Row", columns),
            converts=tuple((place, convert) for place, convert in converts if convert is not None),
        )
        return compiled


DECIDED: sa.ColumnElement[bool] = sa.literal_column("EXISTS (SELECT FROM decided)", sa.Boolean())
"""Holds in a statement whose part `decided` has met a row (see `together`)."""


def _numbered(dialect: Dialect) -> Dialect:
    """The dialect with parameters by place: no driver has to look for names in the text again."""
    if dialect.name == "sqlite":
        return dialect
    numbered: Dialect = cast(Any, type(dialect))(paramstyle="numeric_dollar")
    return numbered


def connection_of(session: Session) -> Connection:
    return cast(Connection, session.info.get("connection")) or session.connection()


def _tell(text: str) -> None:
    for told in watchers:
        told(text)


def execute(connection: Connection, text: str, parameters: list[Any], *, anew: bool = False) -> Any:
    """The driver's cursor after the statement, which is told to the watchers."""
    _tell(text)
    cursor, options = _cursor(connection, anew)
    try:
        cursor.execute(text, parameters, **options)
    except connection.dialect.loaded_dbapi.Error as error:
        _fail(connection, cursor, text, error)
    return cursor


def _cursor(connection: Connection, anew: bool) -> tuple[Any, dict[str, bool]]:
    """The driver's plainest cursor; PostgreSQL is to keep the statement from its first use on, or never."""
    if connection.dialect.name == "sqlite":
        return connection.connection.cursor(), {}
    from psycopg import RawCursor

    return RawCursor(cast(Any, connection.connection.dbapi_connection)), {"prepare": not anew}


def _writing(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _reading(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _defaults(made: SQLCompiler) -> bool:
    """Whether a column would be filled by Python: whoever writes a prepared statement names every value."""
    return bool(made.insert_prefetch or made.update_prefetch)


def _fail(connection: Connection, cursor: Any, text: str, error: Exception) -> NoReturn:
    """Raises what any statement would: the wrapped error, without values. A dead connection is dropped."""
    dialect = connection.dialect
    dead = dialect.is_disconnect(cast(Any, error), connection.connection.dbapi_connection, cursor)
    if dead:
        connection.invalidate(error)
    raise sa.exc.DBAPIError.instance(
        text,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=dead,
        dialect=dialect,
    ) from error
