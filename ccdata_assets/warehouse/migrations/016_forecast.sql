-- Forecasts, kept as they were made, and what became of them; rows are only added (ccdata_assets/planning/forecast/ledger.py).
create schema if not exists planning;
create table planning.forecast_made (
    forecast_id varchar not null primary key, -- hash of all that the forecast was made of
    series varchar not null,                  -- feed, then its parts: bank_call/PS
    feed varchar not null,
    dims varchar not null,                    -- parts of the series as JSON with sorted keys; {} is the feed as a whole
    zone varchar not null,
    calendar varchar not null,
    model varchar not null,
    reason varchar not null,                  -- best, combined, short
    smoothing varchar not null,
    first_on date not null,
    last_on date not null,
    weeks bigint not null,
    is_measured boolean not null,             -- bounds are measured by backtest, not assumed
    backtest_wape varchar not null,           -- WAPE of daily totals by candidate, JSON
    origins bigint not null,
    as_of timestamptz not null,               -- business time
    made_at timestamptz not null,             -- the clock
    code_version varchar not null,
    run_id varchar not null
);
create table planning.forecast (
    forecast_id varchar not null,
    series varchar not null,
    model varchar not null,
    as_of timestamptz not null,
    measure varchar not null,                 -- offered, aht
    grain varchar not null,                   -- 15min, 30min, hour, day, week
    interval_at timestamptz not null,
    local_interval timestamp not null,
    local_date date not null,
    days_ahead bigint not null,
    value double not null,
    low_80 double not null,
    high_80 double not null,
    low_95 double not null,
    high_95 double not null,
    baseline double                           -- seasonal-naive
);
create table planning.forecast_treated (
    forecast_id varchar not null,
    series varchar not null,
    local_date date not null,
    reason varchar not null,                  -- gap, anomaly, holiday, eve, half, swap, return, event
    local_from timestamp not null,
    local_to timestamp not null,
    calls double not null,
    used double not null,
    note_zh varchar not null,
    note_en varchar not null
);
create table planning.forecast_score (
    forecast_id varchar not null,
    series varchar not null,
    measure varchar not null,
    grain varchar not null,
    week_ahead bigint not null,               -- 0: all
    cells bigint not null,
    actual double not null,
    value double not null,
    wape double,
    bias double,
    coverage_80 double,
    coverage_95 double,
    baseline_wape double,
    baseline_bias double,
    last_on date not null,                    -- calls are known up to this day
    as_of timestamptz not null,
    run_id varchar not null
);
create view planning.forecast_latest as
with newest as (
    select forecast_id, feed, dims, last_on
    from planning.forecast_made
    qualify row_number() over (partition by series order by as_of desc, made_at desc, forecast_id desc) = 1
)
select
    newest.forecast_id, one.series, newest.feed, newest.dims, newest.last_on, one.grain, one.interval_at, one.local_interval,
    one.local_date, one.days_ahead, one.value as offered, one.low_80 as offered_low_80, one.high_80 as offered_high_80,
    one.low_95 as offered_low_95, one.high_95 as offered_high_95, one.baseline as offered_baseline, handling.value as aht,
    handling.low_80 as aht_low_80, handling.high_80 as aht_high_80, handling.baseline as aht_baseline
from newest
join planning.forecast as one on newest.forecast_id = one.forecast_id and one.measure = 'offered'
left join planning.forecast as handling
    on one.forecast_id = handling.forecast_id and handling.measure = 'aht' and one.grain = handling.grain and one.interval_at = handling.interval_at;
