"""People: which records of one organisation name the same person.

A full name is one person within an organisation, as are two that differ in one character and share a mobile or e-mail. A
record with a surname only (王经理) joins the person of that surname whom a sign points out; a mobile alone never makes
two names one person. A record that names a person and no organisation is a contact by name and what reaches it.
All of it is worked out from the records of an organisation alone, anew for each that changed.
"""

from __future__ import annotations

import duckdb
import pandas as pd

from ccdata_assets.contracts.compile import quote
from ccdata_assets.resolution.clusters import least_of_component
from ccdata_assets.resolution.contact_ids import join_ids
from ccdata_assets.resolution.rules import ContactRules

REACHED = "coalesce(contact_mobiles[1], contact_emails[1], cast(record_id as varchar))"
"""What tells people of no organisation apart who have one name; who cannot be reached is alone."""


def resolve_contacts(con: duckdb.DuckDBPyConnection, rules: ContactRules) -> None:
    """Make `resolved` (record_id, cluster_key, received_on, province_code) of every record that names a person in an organisation `touched` is about."""
    said = ", ".join(f"record.{quote(f'contact_{name}')} as {quote(name)}" for name in rules.evidence)
    # nobody's people whose records come or go, with all their other records
    con.execute(
        f"""create or replace temp table nobodys as
        with reached as (
            select contact_name, {REACHED} as reached from resolution.record semi join new_record using (record_id) where node is null and contact_name is not null
        ),
        left_behind as (
            select other.record_id from resolution.assigned as other
            join resolution.assigned as gone on gone.entity_kind = 'contact' and other.entity_kind = 'contact' and gone.entity_id = other.entity_id
            where gone.record_id in (select record_id from concerned)
        )
        select record_id from resolution.record where node is null and (contact_name, {REACHED}) in (select (contact_name, reached) from reached)
        union select record_id from resolution.record semi join left_behind using (record_id) where node is null"""
    )
    con.execute(
        f"""create or replace temp table person as
        with record as (
            select record.*, cast(touched.cluster as varchar) as organisation from resolution.record join touched using (node)
            union all
            select record.*, '' from resolution.record semi join nobodys using (record_id)
        )
        select record_id, organisation, received_on, province_code, {said} from record where {quote(f"contact_{rules.names}")} is not null"""
    )
    # nobody's people: no one to be compared with but those who are reached the same way under the same name
    con.execute(
        """update person set organisation = 'nobody ' || md5(concat_ws(chr(31), name, coalesce(mobiles[1], emails[1], cast(record_id as varchar))))
        where organisation = ''"""
    )
    _list_names(con)
    _join_slips(con, rules)
    _join_short(con, rules)
    join_ids(con, rules)


def _list_names(con: duckdb.DuckDBPyConnection) -> None:
    """`full_name` (organisation, person, surname, label), `short_name` (records with a surname only), `near` (one, other: full names one
    character apart), and `reach`: all that the records of a person say, for those whom one of the two may be."""
    con.execute(
        """create or replace temp table full_name as
        select organisation, person, min(surname) as surname, cast(null as varchar) as label from person where person is not null group by organisation, person"""
    )
    con.execute(
        """create or replace temp table short_name as
        select row_number() over () as short_id, * from (
            select distinct organisation, name, surname, titles, mobiles, emails, genders from person where person is null
        )"""
    )
    con.execute(
        """create or replace temp table near as
        select l.organisation, l.person as one, r.person as other from full_name as l
        join full_name as r on l.organisation = r.organisation and l.surname = r.surname and l.person < r.person
        where length(l.person) = length(r.person) and length(l.person) >= 3
            and list_sum(list_transform(range(1, length(l.person) + 1), lambda i: cast(l.person[i] <> r.person[i] as integer))) = 1"""
    )
    con.execute(
        f"""create or replace temp table reach as
        with asked as (
            select organisation, person from full_name semi join short_name using (organisation, surname)
            union select organisation, unnest([one, other]) from near
        )
        select organisation, person, any_value(surname) as surname, {_gathered()} from person semi join asked using (organisation, person)
        group by organisation, person"""
    )


def _join_slips(con: duckdb.DuckDBPyConnection, rules: ContactRules) -> None:
    """`full_name.label`: the least of the names that are one person."""
    con.execute(
        f"""create or replace temp table slip as
        select near.* from near join reach as l on l.organisation = near.organisation and l.person = near.one
        join reach as r on r.organisation = near.organisation and r.person = near.other
        where ({rules.slip}) and not ({rules.unless})"""
    )
    names = con.execute(
        "select distinct organisation, unnest([one, other]) as person from slip order by organisation, person"
    ).df()
    if len(names):
        con.register("slip_name", names.reset_index(names="id"))
        edges = con.execute(
            """select a.id as a, b.id as b from slip join slip_name as a on a.organisation = slip.organisation and a.person = one
            join slip_name as b on b.organisation = slip.organisation and b.person = other"""
        ).df()
        places = names.index.to_numpy().astype("uint64")
        names["label"] = names["person"].to_numpy()[least_of_component(places, edges).astype(int)]
        con.unregister("slip_name")
        con.register("slip_label", pd.DataFrame(names))
        con.execute(
            "update full_name set label = slip_label.label from slip_label where full_name.organisation = slip_label.organisation and full_name.person = slip_label.person"
        )
        con.unregister("slip_label")
    con.execute("update full_name set label = person where label is null")


def _join_short(con: duckdb.DuckDBPyConnection, rules: ContactRules) -> None:
    """`resolved`: full names by their label; each record with a surname only by the rule that finds one person."""
    hits = ", ".join(
        f"count(distinct r.label) filter (where coalesce({rule.when}, false)) as n_{number}, "
        f"min(r.label) filter (where coalesce({rule.when}, false)) as label_{number}"
        for number, rule in enumerate(rules.short)
    )
    chosen = " ".join(f"when n_{number} = 1 then label_{number}" for number, _ in enumerate(rules.short))
    con.execute(
        f"""create or replace temp table short_label as
        with met as (
            select l.short_id, {hits} from short_name as l
            join (select reach.*, full_name.label from reach join full_name using (organisation, person)) as r
                on l.organisation = r.organisation and l.surname = r.surname and not ({rules.unless}) group by l.short_id
        )
        select short_id, case {chosen} end as label from met"""
    )
    con.execute(
        """create or replace temp table resolved as
        with named as (
            select person.record_id, person.organisation, person.received_on, person.province_code, 'p' || chr(31) || full_name.label as label
            from person join full_name on person.organisation = full_name.organisation and person.person = full_name.person
            union all
            -- nobody pointed out
            select person.record_id, person.organisation, person.received_on, person.province_code,
                coalesce('p' || chr(31) || short_label.label, concat_ws(chr(31), 's', short_name.name, short_name.genders[1],
                    coalesce(short_name.titles[1], short_name.mobiles[1], short_name.emails[1])))
            from person join short_name on person.person is null and person.organisation = short_name.organisation and person.name = short_name.name
                and person.surname is not distinct from short_name.surname and person.titles is not distinct from short_name.titles
                and person.mobiles is not distinct from short_name.mobiles and person.emails is not distinct from short_name.emails
                and person.genders is not distinct from short_name.genders
            left join short_label using (short_id)
        )
        select record_id, md5(organisation || chr(31) || label) as cluster_key, received_on, province_code from named"""
    )


def _gathered() -> str:
    """All that the records of a person say, as lists."""
    return ", ".join(
        f"list_distinct(flatten(list(coalesce({name}, [])))) as {name}"
        for name in ("mobiles", "emails", "titles", "genders")
    )
