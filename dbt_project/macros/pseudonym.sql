{#-
    What stands for a person in published tables, where the value itself is masked: the same person has the same key in every table and
    every run of a home, and who does not know the home's salt (ops.run_state, never published) cannot tell who it is.
-#}
{%- macro pseudonym(column) -%}
    left(md5((select value from ops.run_state where name = 'pseudonym_salt') || {{ column }}), 12)
{%- endmacro -%}

{#- The same, each value once, where a table has few of them in many rows: <column>, <column>_key. -#}
{%- macro pseudonyms(relation, column) -%}
select
    {{ column }},
    {{ pseudonym(column) }} as {{ column }}_key
from (
    select distinct {{ column }}
    from {{ relation }}
    where {{ column }} is not null
) as value_once
{%- endmacro -%}

{#- A colleague's name as two tables must write it to be joined: without spaces. -#}
{%- macro person_written(column) -%}
    nullif(regexp_replace({{ column }}, '[\s　]+', '', 'g'), '')
{%- endmacro -%}
