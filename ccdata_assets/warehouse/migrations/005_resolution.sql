-- Which entity every row belonged to and when: what replays to the crosswalk, answers for any day, and undoes a merge.

create table golden.membership (
    "at" timestamptz not null,             -- business time
    run_id varchar,
    entity_kind varchar not null,          -- organisation, contact
    feed varchar not null,
    sha256 varchar not null,
    member varchar not null,
    row bigint not null,
    record_id ubigint not null,            -- hash of the four above
    entity_id varchar,                     -- null: the row left, with its file
    seq bigint not null                    -- order of runs; of one row at most one line has it
);

-- What stewards decided. Later decisions on the same rows replace earlier ones; rows are only ever added.
create table golden.decision (
    decision_id varchar not null,
    "at" timestamptz not null,
    kind varchar not null,                 -- same, apart, none (withdrawn)
    entity_kind varchar not null,
    left_rows ubigint[] not null,          -- record_ids; `same` and `apart` hold between each of the one and each of the other
    right_rows ubigint[] not null,
    decided_by varchar,
    source varchar not null,               -- review workbook (sha256 and row), undo of an event, lock
    comment varchar
);

-- The IDs that rows had under the rules before this version.
create table if not exists golden.crosswalk (feed varchar, file varchar, sha256 varchar, member varchar, row bigint, organisation_id varchar, contact_id varchar);
insert into golden.membership
select coalesce((select max("at") from golden.entity_event), now()), null, 'organisation', feed, sha256, member, row,
    md5_number_lower(feed || ':' || sha256 || ':' || member || ':' || row), organisation_id, 0
from golden.crosswalk where organisation_id is not null;
drop table golden.crosswalk;
drop table if exists golden.organisation;
