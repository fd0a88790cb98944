-- What stewards answered, and the pairs they are asked about.

-- Filled-in workbooks: what was read of each, once per content.
create table ops.review_file (
    file varchar not null,                 -- path below the inbox
    sha256 varchar not null,
    bytes bigint not null,
    modified_ns bigint not null,           -- tells a file that stays in the inbox from one sent again
    status varchar not null,               -- read, repeat, rejected
    error varchar,
    rows bigint not null default 0,        -- same + apart + unsure + unanswered + faulty
    same bigint not null default 0,
    apart bigint not null default 0,
    unsure bigint not null default 0,
    unanswered bigint not null default 0,
    faulty bigint not null default 0,      -- rows that could not be used
    landed_at timestamptz not null,
    run_id varchar
);

-- What was wrong with rows of them, and what to do.
create table ops.review_problem (
    sha256 varchar not null,
    file varchar not null,
    row bigint not null,
    field varchar not null,
    problem varchar not null,
    fix varchar not null,
    is_used boolean not null               -- the row counts all the same
);

-- One line per answered row of a workbook; `same` and `apart` are decisions, `unsure` takes the pair out of the queue.
create table golden.review_answer (
    "at" timestamptz not null,             -- business time
    answer varchar not null,               -- same, apart, unsure
    pair_key varchar not null,             -- of the evidence between the two organisations when the question was asked
    left_record ubigint not null,
    right_record ubigint not null,
    decision_id varchar,                   -- null: unsure
    reviewer varchar,
    comment varchar,
    file varchar not null,
    sha256 varchar not null,
    row bigint not null
);

-- The pairs that wait for a steward, two lines each; made anew by each run that changes them.
create table golden.review_queue (
    pair_key varchar not null,
    place bigint not null,                 -- 1: the likeliest
    side varchar not null,                 -- left, right
    weight double not null,                -- bits
    agrees varchar[] not null,             -- codes of resolution/words.yaml
    disagrees varchar[] not null,
    organisation_id varchar not null,
    records bigint not null,               -- of the organisation
    record_id ubigint not null,            -- of the example, whose values follow
    feed varchar not null,
    file varchar not null,
    row bigint not null,
    company_name varchar,
    province varchar,
    city varchar,
    county varchar,
    phone varchar,
    email varchar,
    website varchar,
    address varchar,
    uscc varchar,
    contact_name varchar,
    title varchar,
    "at" timestamptz not null              -- business time of the run that found the queue so
);

-- How many pairs wait, by why they do, and what was decided.
create table golden.review_count (
    measure varchar not null,              -- waiting, decided, unsure
    reason varchar not null,               -- waiting: code of resolution/words.yaml; decided: same, apart; else ''
    pairs bigint not null,
    "at" timestamptz not null
);
