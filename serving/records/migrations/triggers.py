"""Triggers that make a table append-only, in the words of the database at hand."""

from alembic import op

FUNCTION = "luotain_append_only"


def forbid(table: str, act: str) -> None:
    """Let the database itself refuse an UPDATE, a DELETE or (PostgreSQL) a TRUNCATE."""
    if _is_postgres():
        _refusing_function(FUNCTION, "true")
        each = "STATEMENT" if act == "TRUNCATE" else "ROW"
        _trigger(table, act, each, FUNCTION)
    elif act != "TRUNCATE":
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the {table} is append-only'); END"
        )


def forbid_delete_of_unkept(table: str) -> None:
    """A row may go only when its hash lies in `removed_entries`: then the chain still holds."""
    if _is_postgres():
        _refusing_function(
            "luotain_keep_hash",
            "NOT EXISTS (SELECT 1 FROM removed_entries k "
            "WHERE k.log = TG_TABLE_NAME AND k.seq = OLD.seq AND k.hash = OLD.hash)",
        )
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete ON {table}")
        _trigger(table, "DELETE", "ROW", "luotain_keep_hash")
        return
    op.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT EXISTS (SELECT 1 FROM removed_entries k "
        f"WHERE k.log = '{table}' AND k.seq = OLD.seq AND k.hash = OLD.hash) "
        f"BEGIN SELECT RAISE(ABORT, 'the {table} is append-only'); END"
    )


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _refusing_function(name: str, when: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN "
        f"IF {when} THEN RAISE EXCEPTION 'the % is append-only', TG_TABLE_NAME; END IF; RETURN OLD; END $body$"
    )


def _trigger(table: str, act: str, each: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()"
    )
