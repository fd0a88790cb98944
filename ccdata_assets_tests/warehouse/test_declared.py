"""What SQL finds of the declarations, and the salt of the keys that stand for people."""

from __future__ import annotations

from ccdata_assets.warehouse.declared import SALT, write_declared
from ccdata_assets_tests.world import World

KEY = """select left(md5(value || 'A001'), 12) as agent_key from ops.run_state where name = 'pseudonym_salt'"""


def test_a_home_keeps_the_salt_of_its_keys_and_another_home_has_another(world: World) -> None:
    keys = []
    for _ in range(2):
        with world.warehouse() as con:
            write_declared(con, world.registry)
        keys.append(world.query(KEY))
    assert keys[0] == keys[1] != [], "a person's key must stay, or values of the past could not be joined"
    with world.warehouse() as con:  # as a new home begins
        con.execute("delete from ops.run_state where name = ?", [SALT])
        write_declared(con, world.registry)
    assert world.query(KEY) != keys[0], "who knows the keys of one home could tell the people of another"


def test_a_feed_has_its_own_zone_or_that_of_the_centre(world: World) -> None:
    with world.warehouse() as con:
        write_declared(con, world.registry)
    zones = {row["feed"]: row["time_zone"] for row in world.query("select feed, time_zone from reference.feed")}
    assert (zones["bank_campaign"], zones["b2b_directory"]) == ("Europe/Lisbon", world.settings.time_zone)
