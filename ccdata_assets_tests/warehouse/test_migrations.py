"""The numbered files that bring the ledgers of an older release to this one."""

from __future__ import annotations

from ccdata_assets.warehouse.engine import MIGRATIONS


def test_each_migration_has_a_number_of_its_own_without_a_gap() -> None:
    numbers = [int(path.name[:3]) for path in sorted(MIGRATIONS.glob("*.sql"))]
    assert numbers == list(range(1, len(numbers) + 1))
