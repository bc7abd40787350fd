"""What a database refuses, as one sentence: never its own message, which may hold a value, a host or a password."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc as refused

from configs.errors import ConfigError, DataError

DRIVERS = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pymysql": "pymysql",
    "MySQLdb": "mysqlclient",
    "oracledb": "oracledb",
    "pyodbc": "pyodbc",
}
"""Modules of database drivers, and the package that brings each."""

_CONNECTING = (
    (r"password authentication failed|access denied|invalid password|no password supplied|login failed", "password"),
    (r"could not translate host|failed to resolve host|name or service not known|getaddrinfo", "host"),
    (r"connection refused|actively refused|is the server running", "refused"),
    (r"timeout|timed out", "timeout"),
    (r'database "[^"]*" does not exist|unknown database', "database"),
)
_SENTENCES = {
    "password": "the server refused the user or the password",
    "host": "there is no server of that name",
    "refused": "the server does not answer on that port",
    "timeout": "the server did not answer in time",
    "database": "the server has no database of that name",
}
_MISSING = (
    (r'relation "([^"]+)" does not exist|no such table: (\S+)', "table"),
    (r'column "?([^"\s]+)"? does not exist|no such column: (\S+)', "column"),
    (r"permission denied for \w+ (\S+)", "permission"),
    (r"read-only transaction|data-modifying statements|readonly database", "write"),
)


@contextmanager
def clear_errors(name: str, variable: str) -> Iterator[None]:
    """Turn what the database layer raises into ConfigError (the URL) or DataError (the query and the server)."""
    try:
        yield
    except (refused.ArgumentError, refused.NoSuchModuleError):
        raise ConfigError(
            f"{variable} does not hold a database URL that is known here. "
            "Write it as postgresql+psycopg://reader:PASSWORD@host:5432/name."
        ) from None
    except ModuleNotFoundError as error:
        package = DRIVERS.get(error.name or "", error.name)
        raise ConfigError(
            f"{variable} names a database whose driver is not installed. Type `pip install '{package}'`."
        ) from None
    except refused.DBAPIError as error:
        raise DataError(f"{name}: {_sentence(str(error.orig), variable)}") from None
    except refused.SQLAlchemyError as error:
        raise DataError(
            f"{name}: the database refused the query ({type(error).__name__}). Mend `format.query`."
        ) from None


def _sentence(said: str, variable: str) -> str:
    """Only a table's or a column's name is ever taken over: the query has it."""
    for form, what in _CONNECTING:
        if re.search(form, said, re.IGNORECASE):
            return f"{_SENTENCES[what]}. Check {variable}."
    for form, what in _MISSING:
        found = re.search(form, said, re.IGNORECASE)
        if found:
            return _missing(what, next((group for group in found.groups() if group), ""))
    return "the database refused the query. Try `format.query` in the database's own client."


def _missing(what: str, which: str) -> str:
    if what == "write":
        return "the query would change the database, which is read only from here. Mend `format.query`."
    if what == "permission":
        return f"the user may not read `{which}`. Ask for the right to read it."
    return f"the database has no {what} `{which}`. Mend `format.query`."
