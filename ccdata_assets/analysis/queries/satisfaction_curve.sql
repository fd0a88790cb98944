-- One row per month, factor and bin with the share of satisfied answers and Wilson's interval (95%); bins with too few answers have no row.
with binned as (
    select month, factor, is_satisfied,
        case factor when 'wait' then wait_bins when 'handling' then handling_bins else resolution_bins end as edges,
        len(list_filter(edges, lambda edge: edge <= if(factor = 'resolution', seconds / 3600, seconds))) as place
    from satisfaction_answer cross join setting
),

counted as (
    select month, factor, edges[place] as bin_from, edges[place + 1] as bin_to, count(*) as n, count(*) filter (where is_satisfied) as met
    from binned group by all
),

judged as (select *, met / n as p, 3.841458820694124 as zz from counted cross join setting where n >= bin_least)

select
    month, factor, bin_from, bin_to, n as answers, met as satisfied, p as satisfied_share,
    greatest(0, (p + zz / (2 * n) - sqrt(zz * (p * (1 - p) + zz / (4 * n)) / n)) / (1 + zz / n)) as low_share,
    least(1, (p + zz / (2 * n) + sqrt(zz * (p * (1 - p) + zz / (4 * n)) / n)) / (1 + zz / n)) as high_share
from judged
