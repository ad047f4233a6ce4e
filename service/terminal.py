"""What the commands of the command line share: the screen, the open database, row reports."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from config.settings import Settings
from service import migrations, telemetry
from service.database import Database
from service.demo import clock as demo_clock

console = Console()
problems = Console(stderr=True)
MAX_ROWS_SHOWN = 50


@contextmanager
def opened(*, is_migrated: bool = True) -> Iterator[tuple[Database, Settings]]:
    """Open the database that the environment names, brought to this code's schema."""
    settings = Settings()
    telemetry.configure_logging(as_json=settings.log_json)
    database = Database(settings.database_url)
    database.observation_directory = settings.observation_directory
    try:
        if is_migrated:
            migrations.migrate(database, backup_directory=settings.backup_directory)
            demo_clock.wind(database)
        yield database, settings
    finally:
        database.dispose()


def show_rows(rows: list[dict[str, object]]) -> None:
    """Show the rows that a table's import refused."""
    for row in rows[:MAX_ROWS_SHOWN]:
        problems.print(
            f"  第 {row['row']} 行 {row.get('column', row.get('field', ''))} "
            f"“{row['value']}”:{row['reason']}",
            markup=False,  # what stands in a cell is no mark of ours
        )
