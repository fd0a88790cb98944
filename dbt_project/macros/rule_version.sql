{#-
    The version of the rules a dictionary was read with. Raise it when a change of rules must reach values already read:
    the next run reads those values again.
-#}
{%- macro rule_version(dictionary) -%}
    {%- set versions = {
        "address": "2",
        "company_name": "4",
        "date": "2",
        "email": "2",
        "headcount": "2",
        "id_card": "2",
        "industry": "2",
        "job_title": "2",
        "money": "2",
        "organisation_code": "2",
        "person": "2",
        "phone": "3",
        "postcode": "2",
        "region": "3",
        "source_site": "2",
        "uscc": "2",
        "website": "2",
    } -%}
    {#- what puts dictionaries together depends on all of them -#}
    {%- set records = {"misplaced_value": "2", "party_reading": "4"} -%}
    {%- if dictionary in records -%}
        {{- records[dictionary] -}}
        {%- for each in read_before(dictionary).split() -%}
            {{- "." ~ rule_version(each) -}}
        {%- endfor -%}
    {%- else -%}
        {{- versions.get(dictionary, "") -}}
    {%- endif -%}
{%- endmacro -%}

{#- The models that must have read a file before another one that puts their answers together reads it. -#}
{%- macro read_before(model) -%}
    {%- if model == "misplaced_value" -%}
        company_name person job_title phone email website
    {%- elif model == "party_reading" -%}
        {{- read_before("misplaced_value") }} misplaced_value address region postcode industry uscc money headcount source_site
    {%- endif -%}
{%- endmacro -%}

{#-
    One row per distinct raw value of a kind that the dictionary has not read yet, or read with other rules.
    `raw` is the only column. A run looks only into files that the dictionary has not read (ops.read_batch), and skips
    the values in them that it knows; so a run without new files does nothing.
-#}
{%- macro values_to_read(kind) -%}
    select distinct staged_value.raw
    from {{ source("staged", "value") }} as staged_value
    {%- if is_incremental() %}
    semi join ({{ batches_to_read(kind) }}) as batch
        on staged_value.feed = batch.feed and staged_value.sha256 = batch.sha256
    anti join (select raw from {{ this }} where rule_version = '{{ rule_version(kind) }}') as known
        on staged_value.raw = known.raw
    {%- endif %}
    where
        (staged_value.kind = '{{ kind }}'{{ misplaced_values(kind) }})
        and staged_value.raw is not null
{%- endmacro -%}

{#-
    staged.batch and ops.read_batch are named without source(): they say what a run has to do, and no value comes from them.
-#}

{#- The released files that a dictionary (or another model that reads files once) has not read with today's rules. -#}
{%- macro batches_to_read(dictionary) -%}
    select feed, sha256
    from staged.batch as batch
    where not {{ has_read(dictionary) }}{{ is_ready(dictionary) }}
{%- endmacro -%}

{#- True of a file of `batch` that a model has read with today's rules, as today's contract has it. -#}
{%- macro has_read(dictionary) -%}
    exists (
        select 1
        from ops.read_batch as done
        where
            done.dictionary = '{{ dictionary }}'
            and done.rule_version = '{{ rule_version(dictionary) }}'
            and done.feed = batch.feed
            and done.sha256 = batch.sha256
            and done.contract_hash is not distinct from batch.contract_hash
    )
{%- endmacro -%}

{#- Of a model that puts dictionaries together: only files that all of them have read, whatever a run leaves out. -#}
{%- macro is_ready(dictionary) -%}
    {%- for each in read_before(dictionary).split() %}
        and {{ has_read(each) }}
    {%- endfor -%}
{%- endmacro -%}

{#- Post-hooks of a model that reads files once: every released file is now read, said in the transaction that read it. -#}
{%- macro forget_batches(dictionary) -%}
    {%- if rule_version(dictionary) -%}
    delete from ops.read_batch where dictionary = '{{ dictionary }}'
    {%- endif -%}
{%- endmacro -%}

{%- macro remember_batches(dictionary) -%}
    {%- if rule_version(dictionary) -%}
    insert into ops.read_batch
    select '{{ dictionary }}', '{{ rule_version(dictionary) }}', feed, sha256, contract_hash
    from staged.batch as batch
    where true{{ is_ready(dictionary) }}
    {%- endif -%}
{%- endmacro -%}
