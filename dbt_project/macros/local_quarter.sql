{#-
    Local times, each quarter of an hour of a zone once: to ask for the zone of every row costs more than all the rest of a model. All zones have been
    whole quarters of an hour from UTC since 1972. `local_quarters`: time_zone, quarter (since 1970), local_interval, of the instants of some
    columns; `quarter_of`: the quarter of an instant.
-#}
{%- macro quarter_of(moment) -%}
epoch_us({{ moment }}) // 900000000
{%- endmacro -%}

{%- macro local_quarters(relation, moments) -%}
select
    time_zone,
    quarter,
    timezone(time_zone, to_timestamp(quarter * 900)) as local_interval
from (
    {%- for moment in moments %}
    select
        time_zone,
        {{ quarter_of(moment) }} as quarter
    from {{ relation }}
    {%- if not loop.last %}
    union
    {%- else %}
    group by all
    {%- endif %}
    {%- endfor %}
) as quarter_of_zone
{%- endmacro -%}

{#- The local time of an instant, of which the quarter is that row of local_quarters. -#}
{%- macro local_time(moment, quarters) -%}
{{ quarters }}.local_interval + to_microseconds(epoch_us({{ moment }}) - {{ quarters }}.quarter * 900000000)
{%- endmacro -%}

{#- Whole seconds from one instant to another, as date_diff counts them, which asks a calendar for every row. -#}
{%- macro seconds_between(since, until) -%}
epoch_us({{ until }}) // 1000000 - epoch_us({{ since }}) // 1000000
{%- endmacro -%}
