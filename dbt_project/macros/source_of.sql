{#- The key of marts.dim_source: the feed and, where a row names one, the site or provider within it. -#}
{%- macro source_of(feed, source_site) -%}
    {{ feed }} || coalesce('/' || {{ source_site }}, '')
{%- endmacro -%}
