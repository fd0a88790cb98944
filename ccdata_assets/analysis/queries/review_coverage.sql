-- One row per month, campaign and week since it began: recordings of dials that somebody answered, and those reviewed. A campaign without
-- a known start has none. A review that names no call counts by its own day.
with campaign as (
    select campaign, min(starts_on) as starts_on from staged.campaign where not is_repeat and starts_on is not null group by all
),

recording as (
    select d.feed, d.campaign, d.dialled_on as on_date, d.call_id, starts_on from marts.fct_outbound as d join campaign using (campaign)
    where d.is_connected and not d.is_repeat and d.dialled_on is not null
),

named as (select call_id, any_value(campaign) as campaign, any_value(on_date) as on_date, any_value(starts_on) as starts_on from recording where call_id is not null group by call_id),

review as (
    select
        coalesce(named.campaign, r.campaign) as campaign, coalesce(named.on_date, r.local_date) as on_date,
        coalesce(named.starts_on, campaign.starts_on) as starts_on, r.call_id, coalesce(r.call_id, r.sha256 || '/' || r.row) as recording
    from marts.fct_quality_review as r left join named using (call_id) left join campaign on campaign.campaign = r.campaign
    where not r.is_repeat and coalesce(named.campaign, campaign.campaign) is not null
),

counted as (
    select campaign, on_date, starts_on, count(*) as recordings, 0 as reviewed from recording group by all
    union all
    select campaign, on_date, starts_on, 0, count(distinct recording) from review group by all
),

weekly as (
    select
        cast(date_trunc('month', on_date) as date) as month, campaign, if(on_date < starts_on, 0, 1 + (on_date - starts_on) // 7) as campaign_week,
        sum(recordings) as recordings, sum(reviewed) as reviewed
    from counted group by all
)

select
    month, campaign, campaign_week, recordings, reviewed,
    (list_filter(review_plan, lambda step: step.until_week is null or step.until_week >= campaign_week)[1]).share as planned_share
from weekly cross join setting cross join scope where month >= first_month
