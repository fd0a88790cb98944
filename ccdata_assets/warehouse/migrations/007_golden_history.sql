-- Every golden record as it was and is, a line for each change: only ever appended to. golden.organisation and golden.contact become
-- views of it, made by the first run of resolution after this; columns of values come from rules.yaml.
drop table if exists golden.organisation;
drop table if exists golden.contact;

create table golden.organisation_history (
    organisation_id varchar not null,
    seq bigint not null,                   -- order of runs, as in golden.membership; of one entity at most one line has it
    "at" timestamptz not null,             -- business time
    run_id varchar,
    is_live boolean not null               -- false: the entity ended, its values are null
);

create table golden.contact_history (
    contact_id varchar not null,
    seq bigint not null,
    "at" timestamptz not null,
    run_id varchar,
    is_live boolean not null
);
