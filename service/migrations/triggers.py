"""Triggers that keep what was written."""

from alembic import op


def refuse_changes(table: str) -> None:
    """Let triggers refuse update and delete: what was written stays."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION chungeng_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION chungeng_append_only()"
    )


def let_end_once(table: str, *columns: str) -> None:
    """Let triggers refuse what changes a row, but for these columns, which are set together once.

    The first of them tells whether that was done.
    """
    everything = op.get_bind().exec_driver_sql(f"SELECT * FROM {table} LIMIT 0").keys()
    fixed = ", ".join(name for name in everything if name not in columns)
    if op.get_bind().dialect.name == "sqlite":
        for name, event in (
            ("update", f"UPDATE OF {fixed}"),
            ("delete", "DELETE"),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_no_{name} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_ends_once BEFORE UPDATE ON {table} "
            f"WHEN OLD.{columns[0]} IS NOT NULL "
            f"BEGIN SELECT RAISE(ABORT, '{table} ends once'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OF {fixed} OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION chungeng_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION chungeng_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_ends_once BEFORE UPDATE ON {table} FOR EACH ROW "
        f"WHEN (OLD.{columns[0]} IS NOT NULL) EXECUTE FUNCTION chungeng_append_only()"
    )
