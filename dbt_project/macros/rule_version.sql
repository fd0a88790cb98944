{#-
    The version of the rules a dictionary was read with. Raise it when a change of rules must reach values already read:
    the next run reads those values again.
-#}
{%- macro rule_version(dictionary) -%}
    {%- set versions = {
        "phone": "1",
        "region": "1",
        "company_name": "1",
    } -%}
    {{- versions[dictionary] -}}
{%- endmacro -%}


{#-
    One row per distinct raw value of a kind that the dictionary has not read yet, or read with other rules.
    `raw` is the only column. Values already read with today's rules are skipped, so a run without new values does nothing.
-#}
{%- macro values_to_read(kind) -%}
    {%- set known -%}
        and not exists (
            select 1
            from {{ this }} as known
            where known.raw = staged_value.raw and known.rule_version = '{{ rule_version(kind) }}'
        )
    {%- endset -%}
    select distinct staged_value.raw
    from {{ source("staged", "value") }} as staged_value
    where
        staged_value.kind = '{{ kind }}'
        and staged_value.raw is not null
        {{ known if is_incremental() }}
{%- endmacro -%}
