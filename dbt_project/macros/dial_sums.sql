{#- Sums of dials of fct_outbound that add up to any longer period; a rate divides two of them. -#}
{%- macro dial_sums() -%}
    cast(sum(attempts) as bigint) as dials,
    count(*) filter (where is_connected) as connected,
    count(*) filter (where is_connected and is_right_party is not null) as right_party_known,
    count(*) filter (where is_right_party) as right_party,
    count(*) filter (where is_success) as successes,
    count(*) filter (where disposition = 'refused') as refusals,
    count(*) filter (where is_wrong_number) as wrong_numbers,
    count(*) filter (where is_connected and talk_s is not null) as timed,
    cast(sum(talk_s) filter (where is_connected) as bigint) as talk_s,
    count(*) filter (where sale_amount > 0) as orders,
    sum(sale_amount) as sale_amount,
    sum(cost_cny) as cost_cny,
    cast(sum(attempts) filter (where cost_cny is not null) as bigint) as costed_dials,
    count(*) filter (where is_success and cost_cny is not null) as costed_successes
{%- endmacro -%}
