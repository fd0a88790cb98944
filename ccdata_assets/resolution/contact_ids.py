"""People of one contact ID: a system that corrected a name, or wrote it out, still means the same person.

Within one organisation only, as all that is said of people. An ID that more than a few people share is a placeholder.
"""

from __future__ import annotations

import duckdb

from ccdata_assets.contracts.compile import quote
from ccdata_assets.resolution.clusters import least_of_component
from ccdata_assets.resolution.rules import ContactRules


def join_ids(con: duckdb.DuckDBPyConnection, rules: ContactRules) -> None:
    """Give the people of `resolved` (record_id, cluster_key) whose records in `person` agree in an ID one cluster_key, the least of theirs.

    An ID under which two genders stand joins nobody.
    """
    if rules.same_id is None:
        return
    con.execute(
        f"""create or replace temp table one_id as
        select list(distinct resolved.cluster_key) as people from person join resolved using (record_id)
        where person.{quote(rules.same_id.column)} is not null group by person.organisation, person.{quote(rules.same_id.column)}
        having len(people) between 2 and {rules.same_id.people} and len(list_distinct(flatten(list(person.genders)))) < 2"""
    )
    keys = con.execute("select distinct unnest(people) as cluster_key from one_id order by all").df()
    if keys.empty:
        return
    con.register("id_key", keys.reset_index(names="id"))
    edges = con.execute(
        """with edge as (select people[1] as one, unnest(people[2:]) as other from one_id)
        select a.id as a, b.id as b from edge join id_key as a on a.cluster_key = one join id_key as b on b.cluster_key = other"""
    ).df()
    con.unregister("id_key")
    places = keys.index.to_numpy().astype("uint64")
    keys["least"] = keys["cluster_key"].to_numpy()[least_of_component(places, edges).astype(int)]
    con.register("id_label", keys)
    con.execute(
        "update resolved set cluster_key = id_label.least from id_label where resolved.cluster_key = id_label.cluster_key"
    )
    con.unregister("id_label")
