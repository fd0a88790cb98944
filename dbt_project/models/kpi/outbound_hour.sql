with

row_of_dials as (

    select * from {{ ref("fct_outbound") }}
    where dialled_on is not null and not is_repeat

),

each_dial as (

    select
        *,
        unnest(range(dial_no + 1 - greatest(attempts, 1), dial_no + 1)) as number
    from row_of_dials

),

-- a row for several dials tells how the last one ended: the others came to nothing, at an hour nobody knows
dial as (

    select
        feed,
        campaign,
        product,
        list_source,
        dialled_on,
        cast(number as bigint) as dial_no,
        number = dial_no as is_last,
        if(is_last, local_hour, null) as local_hour,
        if(is_last, local_weekday, null) as local_weekday,
        cast(1 as bigint) as attempts,
        is_last and is_connected as is_connected,
        is_last and is_right_party as is_right_party,
        is_last and is_success as is_success,
        if(is_last, is_wrong_number, null) as is_wrong_number,
        if(is_last, disposition, null) as disposition,
        if(is_last, talk_s, null) as talk_s,
        if(is_last, sale_amount, null) as sale_amount,
        cost_cny / attempts as cost_cny
    from each_dial

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
