with

row_of_dials as (

    select * from {{ ref("fct_outbound") }}
    where dialled_on is not null and not is_repeat

),

-- a row for several dials tells how the last one ended: the others came to nothing, at an hour nobody knows
earlier as (

    select
        feed,
        campaign,
        product,
        list_source,
        dialled_on,
        cast(unnest(range(1, dial_no)) as bigint) as dial_no,
        cost_cny / attempts as cost_cny
    from row_of_dials
    where attempts > 1

),

dial as (

    select
        feed,
        campaign,
        product,
        list_source,
        dialled_on,
        dial_no,
        local_hour,
        local_weekday,
        cast(1 as bigint) as attempts,
        is_connected,
        is_right_party,
        is_success,
        is_wrong_number,
        disposition,
        talk_s,
        sale_amount,
        cost_cny / attempts as cost_cny
    from row_of_dials

    union all by name

    select
        feed,
        campaign,
        product,
        list_source,
        dialled_on,
        dial_no,
        cast(null as bigint) as local_hour,
        cast(null as bigint) as local_weekday,
        cast(1 as bigint) as attempts,
        false as is_connected,
        false as is_right_party,
        false as is_success,
        cast(null as boolean) as is_wrong_number,
        cast(null as varchar) as disposition,
        cast(null as bigint) as talk_s,
        cast(null as double) as sale_amount,
        cost_cny
    from earlier

),

final as (

    select
        feed,
        campaign,
        product,
        list_source,
        dialled_on,
        local_hour,
        local_weekday,
        dial_no,
        {{ dial_sums() }}
    from dial
    group by feed, campaign, product, list_source, dialled_on, local_hour, local_weekday, dial_no

)

select * from final
