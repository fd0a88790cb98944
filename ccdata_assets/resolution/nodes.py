"""Records → nodes: what changed since the last run, and the evidence that is compared.

A node is all records that say the same of a company, whatever file brought them; resolution works on nodes. A record that
a steward decided about is a node of its own. Tables in schema `resolution` are state that can be made anew at any time:

- batch: the files that were read, and by which contract and rules
- record: one row per staged party row: record_id, its identity, its node (null: it names no organisation), contact_…: what
  people are told apart by, said_…: what golden records are chosen from, alike_…: what makes two of these values one
- node: one row per node with its evidence and name_id
"""

from __future__ import annotations

import duckdb

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.resolution.rules import Rules

RECORD_ID = "md5_number_lower(feed || ':' || sha256 || ':' || member || ':' || row)"
"""Hash of a row's identity: its feed, the file's bytes, the table in it, the row's number. Of five million rows two share one
with a chance of one in a million."""
SIGN = "chr(31)"
MAX_LISTED = 200
"""New files that a query names one by one; of more of them the whole table is read anyway."""


def read_changes(con: duckdb.DuckDBPyConnection, rules: Rules) -> int:
    """Bring `record` and `node` up to date; gives how many records are new or changed.

    Leaves temporary tables: new_record (record_id), gone_record (record_id, identity, node), new_node and gone_node (node).
    """
    _find_batches(con)
    _read_records(con, rules)
    evidence = rules.organisation.evidence
    columns = ", ".join(quote(name) for name in evidence)
    con.execute("create or replace temp table new_record as select record_id, node from arrived")
    leaves = con.execute("select exists (from stale_batch) or exists (from decided_anew)").fetchall()[0][0]
    con.execute(
        f"""create or replace temp table gone_record as
        select record_id, feed, sha256, member, row, node from resolution.record
        where {leaves} and ((feed, sha256) in (select (feed, sha256) from stale_batch) or record_id in (from decided_anew))"""
    )
    con.execute(f"delete from resolution.record where {leaves} and record_id in (select record_id from gone_record)")
    names = ", ".join(quote(name) for name in record_columns(rules))
    con.execute(f"insert into resolution.record select record_id, node, plain_node, is_decided, {names} from arrived")
    con.execute(
        """create or replace temp table gone_node as
        select distinct node from gone_record where node is not null and node not in (select node from resolution.record where node is not null)"""
    )
    con.execute("delete from resolution.node where node in (from gone_node)")
    con.execute(
        f"""create or replace temp table new_node as
        select node, hash(coalesce({rules.organisation.same_name}, cast(node as varchar))) as name_id, {columns}
        from (select distinct on (node) node, {columns} from arrived where node is not null)
        where node not in (select node from resolution.node)"""
    )
    con.execute("insert into resolution.node select * from new_node")
    con.execute("drop table arrived")
    con.execute("delete from resolution.batch where (feed, sha256) in (select (feed, sha256) from stale_batch)")
    con.execute("insert into resolution.batch select * from fresh_batch")
    return int(con.execute("select count(*) from new_record").fetchall()[0][0])


def _find_batches(con: duckdb.DuckDBPyConnection) -> None:
    """`fresh_batch`: files to read, with a signature of all that their records depend on; `stale_batch`: files to forget."""
    con.execute(
        """create or replace temp table now_batch as
        select party.feed, party.sha256,
            md5(concat_ws(':', any_value(done.rule_version), any_value(done.contract_hash), count(*), bit_xor(party.at), min(party.received_on), max(party.trust), max(party.crm_id_of))) as signature
        from (
            select feed, sha256, received_on, trust, crm_id_of, hash(member, row) as at from standard.party_record
        ) as party
        left join ops.read_batch as done on done.dictionary = 'party_reading' and done.feed = party.feed and done.sha256 = party.sha256
        group by all"""
    )
    con.execute(
        "create or replace temp table fresh_batch as select * from now_batch where (feed, sha256, signature) not in (select (feed, sha256, signature) from resolution.batch)"
    )
    con.execute(
        """create or replace temp table stale_batch as
        select feed, sha256 from resolution.batch where (feed, sha256, signature) not in (select (feed, sha256, signature) from now_batch)"""
    )


def said_columns(rules: Rules) -> list[str]:
    """Columns of standard.party_record that golden records are chosen from, beside trust and received_on."""
    fields = [*rules.survivorship.organisation.values(), *rules.survivorship.contact.values()]
    return list(dict.fromkeys(["numbers", *(column for field in fields for column in field.columns)]))


def record_columns(rules: Rules) -> dict[str, str]:
    """Columns of `record` and the SQL over standard.party_record for each; node and is_decided are worked out later."""
    plain = ("feed", "file", "sha256", "member", "row", "received_on", "trust", "province_code")
    return {
        **{name: quote(name) for name in plain},
        **{f"contact_{name}": expression for name, expression in rules.contact.evidence.items()},
        **{f"said_{name}": quote(name) for name in said_columns(rules)},
        **{
            f"alike_{kind}_{name}": field.alike
            for kind in ("organisation", "contact")
            for name, field in getattr(rules.survivorship, kind).items()
            if field.alike
        },
    }


def _read_records(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """`arrived`: the records of fresh files, and those whose node changes because a steward decided about them."""
    con.execute(
        """create or replace temp table decided_anew as
        select record_id from resolution.record where is_decided <> (record_id in (select record_id from decided))"""
    )
    org = rules.organisation
    evidence = ", ".join(f"{expression} as {quote(name)}" for name, expression in org.evidence.items())
    kept = ", ".join(f"{expression} as {quote(name)}" for name, expression in record_columns(rules).items())
    profile = ", ".join(f"coalesce(cast({quote(name)} as varchar), '')" for name in org.evidence)
    con.execute(
        f"""create or replace temp table arrived as
        with party as (
            select *, {RECORD_ID} as record_id from standard.party_record where {_to_read(con)}
        ),
        read as (
            select record_id, record_id in (select record_id from decided) as is_decided, {evidence}, {kept} from party
        )
        select *, case when {org.names} is not null then md5_number_lower(concat_ws({SIGN}, {profile}, '')) end as plain_node,
            if(is_decided and plain_node is not null, md5_number_lower(concat_ws({SIGN}, {profile}, cast(record_id as varchar))), plain_node) as node
        from read"""
    )


def _to_read(con: duckdb.DuckDBPyConnection) -> str:
    """SQL that holds for the rows of fresh files, and for those decided anew. Files are listed, so that only their rows are read."""
    files = con.execute(
        """select distinct sha256 from fresh_batch
        union select distinct sha256 from resolution.record where record_id in (from decided_anew)"""
    ).fetchall()
    if len(files) > MAX_LISTED:
        some = "(feed, sha256) in (select (feed, sha256) from fresh_batch)"
    else:
        listed = ", ".join(literal(name) for (name,) in files) or "null"
        some = f"sha256 in ({listed}) and (feed, sha256) in (select (feed, sha256) from fresh_batch)"
    again = con.execute("select count(*) from decided_anew").fetchall()[0][0]
    return f"({some})" + (" or record_id in (from decided_anew)" if again else "")
