{#-
    What stands for a person in published tables, where the value itself is masked: the same person has the same key in every table and
    every run of a home, and who does not know the home's salt (ops.run_state, never published) cannot tell who it is.
-#}
{%- macro pseudonym(column) -%}
    left(md5((select value from ops.run_state where name = 'pseudonym_salt') || {{ column }}), 12)
{%- endmacro -%}

{#- A colleague's name as two tables must write it to be joined: without spaces. -#}
{%- macro person_written(column) -%}
    nullif(regexp_replace({{ column }}, '[\s　]+', '', 'g'), '')
{%- endmacro -%}
