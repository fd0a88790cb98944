-- What is planned, as it was planned: agents needed by interval, rosters, and what these leave open. Rows are only added.
create schema if not exists planning;

create table planning.staffing (
    plan_id varchar not null,              -- of the content: the same demand and aims give the same plan, which is kept once
    as_of timestamptz not null,            -- business time
    basis varchar not null,                -- forecast, actual, usual_week, file
    feed varchar not null,                 -- '' of a file that was given
    queue varchar not null,                -- '*': one pool of agents for all queues of the feed; '': calls of no queue
    is_pooled boolean not null,
    local_interval timestamp not null,
    local_date date not null,
    minutes bigint not null,
    calls double not null,                 -- offered
    mean_handling_s double not null,
    mean_patience_s double,                -- null: nobody hangs up (Erlang C)
    patience_from varchar not null,        -- calls, declared
    model varchar not null,                -- erlang_a, erlang_c
    load double not null,                  -- erlangs
    agents bigint not null,                -- on the phone
    present bigint not null,               -- with absence that no roster places
    rostered bigint not null,              -- with all shrinkage
    bound_by varchar not null,             -- the limit that asks for the last agent
    answered_within_share double not null,
    mean_wait_s double not null,
    abandoned_share double not null,
    occupancy_share double not null,
    target_share double not null,          -- service level aimed at
    within_s bigint not null,
    shrinkage_share double not null,
    run_id varchar not null
);

create table planning.roster (
    roster_id varchar not null,            -- of the content
    as_of timestamptz not null,
    plan_id varchar,                       -- the requirement it was made for; null: of a file
    agent_key varchar not null,
    local_date date not null,              -- day on which the shift begins
    shift varchar not null,
    local_from timestamp not null,
    local_to timestamp not null,
    paid_s bigint not null,                -- without unpaid breaks
    breaks varchar[] not null,             -- 12:00-12:30 meal
    run_id varchar not null
);

create table planning.roster_gap (
    roster_id varchar not null,
    as_of timestamptz not null,
    feed varchar not null,
    queue varchar not null,
    local_interval timestamp not null,
    local_date date not null,
    minutes bigint not null,
    required bigint not null,              -- agents present that staffing asks for
    present double not null,               -- at work and not on a break, mean of the interval
    gap double not null,                   -- present - required: negative where agents are missing
    run_id varchar not null
);
