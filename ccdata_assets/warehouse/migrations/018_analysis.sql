-- Results of the analysis of calls; rows are only added, of a key the newest counts.
create table analysis.distribution (
    month date not null,
    measure varchar not null,              -- wait, handling
    dimension varchar not null,            -- all, feed, queue, business_type, outcome
    part varchar not null,
    calls bigint,
    mean double,                           -- seconds, as are the following
    shortest double,
    p50 double,
    p80 double,
    p90 double,
    p95 double,
    p99 double,
    longest double,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.distribution_bin (
    month date not null,
    measure varchar not null,
    dimension varchar not null,
    part varchar not null,
    bin_from_s bigint not null,
    bin_to_s bigint,                       -- null: no end
    calls bigint,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.volume_pattern (
    month date not null,
    dimension varchar not null,            -- all, feed, queue
    part varchar not null,
    weekday bigint not null,               -- 1 Monday to 7
    half_hour varchar not null,            -- 09:30, local
    days bigint,                           -- such weekdays of the month, those without a call too
    entered bigint,
    offered bigint,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.satisfaction_link (
    month date not null,
    factor varchar not null,               -- wait, handling, resolution
    answers bigint,
    satisfied bigint,
    rho double,                            -- Spearman's, of the score
    rho_low double,
    rho_high double,
    p_value double,
    biserial double,                       -- point-biserial, of satisfied or not and the logarithm of the time
    odds double,                           -- of being satisfied, where the time doubles
    odds_low double,
    odds_high double,
    strength varchar,                      -- not_enough, not_shown, negligible, weak, moderate, strong
    zh varchar,
    en varchar,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.satisfaction_curve (
    month date not null,
    factor varchar not null,
    bin_from bigint not null,              -- seconds; of resolution hours
    bin_to bigint,
    answers bigint,
    satisfied bigint,
    satisfied_share double,
    low_share double,                      -- Wilson, 95%
    high_share double,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.case_duration (
    month date not null,                   -- of opening
    dimension varchar not null,            -- all, topic, complexity, mood
    part varchar not null,
    cases bigint,
    resolved bigint,
    still_open bigint,
    untimed bigint,                        -- said to be over, without a time
    median_days double,                    -- Kaplan-Meier; null: not reached, or too few
    median_low_days double,
    median_high_days double,
    p80_days double,
    due bigint,                            -- with a due time that has come, or resolved before
    due_met bigint,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.surge (
    local_date date not null,
    dimension varchar not null,            -- all, product, topic
    part varchar not null,
    calls bigint,
    usual_calls double,
    dispersion double,                     -- variance of the days before as a multiple of chance
    p_value double,
    limit_p double,                        -- what it had to be below, all that was looked at together
    zh varchar,
    en varchar,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.surge_watch (
    local_date date not null,
    dimension varchar not null,
    judged bigint,                         -- parts with enough days before
    surges bigint,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.review_coverage (
    month date not null,
    campaign varchar not null,
    campaign_week bigint not null,         -- 1: its first seven days; 0: before them
    recordings bigint,
    reviewed bigint,
    planned_share double,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.topic_rule (
    month date not null,
    antecedent varchar not null,           -- topics joined by ' + '
    consequent varchar not null,
    customers bigint,
    antecedent_customers bigint,
    consequent_customers bigint,
    both_customers bigint,
    support double,
    confidence double,
    lift double,
    p_value double,                        -- Fisher's exact test, one-sided
    p_adjusted double,                     -- Holm, over all rules of the month
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.topic_basket (
    month date not null,
    customers bigint,
    several_topics bigint,                 -- customers with more than one
    tried bigint,                          -- rules tested
    told bigint,                           -- rules that hold
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.repeat_caller (
    month date not null,
    measure varchar not null,              -- calls, interval
    band varchar not null,                 -- of calls; of days since the call before; unknown: nobody knows who called
    customers bigint,
    calls bigint,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.growth_band (
    month date not null,                   -- up to its end
    measure varchar not null,              -- aht, calls_per_hour, csat, qa
    tenure_week bigint not null,           -- first week of the band, from 0
    until_week bigint,                     -- first week after it; null: no end
    agents bigint,
    low double,
    middle double,
    high double,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.growth_agent (
    month date not null,
    measure varchar not null,
    agent_key varchar not null,
    week_start date not null,
    tenure_week bigint,                    -- weeks since the first day, from 0
    cases bigint,                          -- calls, answers or reviews
    value double,
    low double,
    high double,
    side bigint,                           -- -1 below the band, 1 above, 0 within
    weeks_outside bigint,                  -- in a row, this one the last
    is_marked boolean,
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.funnel (
    month date not null,
    measure varchar not null,
    dimension varchar not null,            -- agent, team, queue
    part varchar not null,
    total bigint,
    met bigint,
    rate double,
    centre double,
    lower_95 double,
    upper_95 double,
    lower_998 double,
    upper_998 double,
    dispersion double,                     -- the limits are wider by its root where it is beyond chance
    verdict varchar,                       -- within, watch, outside, too_few
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);

create table analysis.callback (
    month date not null,
    reason varchar not null,               -- voicemail, agreed, abandoned
    is_key_customer boolean not null,
    owed bigint,
    in_time bigint,                        -- called back until due
    late bigint,                           -- later
    came_back bigint,                      -- the customer called again and was answered before that
    overdue bigint,                        -- nothing of it, and the time is over
    waiting bigint,                        -- nothing of it, and there is time
    is_withdrawn boolean not null,
    run_id varchar not null,
    as_of timestamptz not null
);
