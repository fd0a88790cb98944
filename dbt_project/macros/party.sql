{#- The columns of a party that may be exchanged, each with the dictionary that reads it: column:dictionary. -#}
{%- macro party_fields() -%}
    company_name:company_name contact_name:person title:job_title mobile:phone phone:phone other_phone:phone fax:phone
    email:email website:website
{%- endmacro -%}

{#- What identifies a row. -#}
{%- macro row_key(relation) -%}
    {{ relation }}.feed, {{ relation }}.sha256, {{ relation }}.member, {{ relation }}.row
{%- endmacro -%}

{%- macro same_row(one, other) -%}
    {{ one }}.feed = {{ other }}.feed
    and {{ one }}.sha256 = {{ other }}.sha256
    and {{ one }}.member = {{ other }}.member
    and {{ one }}.row = {{ other }}.row
{%- endmacro -%}

{#- Of an incremental model that reads files once: only the files it has not read. -#}
{%- macro unread(relation, dictionary) -%}
    {%- if is_incremental() %}
    semi join ({{ batches_to_read(dictionary) }}) as batch
        on {{ relation }}.feed = batch.feed and {{ relation }}.sha256 = batch.sha256
    {%- endif -%}
{%- endmacro -%}

{#- A dictionary to join with a CTE on a field; for a few new records only the values they have. -#}
{%- macro entries_of(dictionary, field, relation="record") -%}
    {%- if is_incremental() -%}
        (
            select entry.* from {{ ref(dictionary) }} as entry
            semi join {{ relation }} as asked on entry.raw = asked.{{ field }}
        )
    {%- else -%}
        {{ ref(dictionary) }}
    {%- endif -%}
{%- endmacro -%}

{#- Pre-hook of such a model: what it holds of files that are read anew, or are no longer released, goes. -#}
{%- macro drop_unread(dictionary) -%}
    {%- if is_incremental() %}
    delete from {{ this }}
    where
        (feed, sha256) in ({{ batches_to_read(dictionary) }})
        or (feed, sha256) not in (select (feed, sha256) from staged.batch)
    {%- endif -%}
{%- endmacro -%}

{#- A list that the telephone dictionary has of each of a record's cells, of all of them; null where none has it. -#}
{%- macro of_all_phones(column) -%}
    list_concat(mobile.{{ column }}, phone.{{ column }}, other_phone.{{ column }})
{%- endmacro -%}

{#- True where one of two regions lies within the other, null where one is not known. -#}
{%- macro regions_agree(one, other) -%}
    case
        when {{ one }} = {{ other }} then true
        when starts_with({{ one }}, {{ region_stem(other) }}) then true
        else starts_with({{ other }}, {{ region_stem(one) }})
    end
{%- endmacro -%}

{#- True where one of a list of regions agrees with a region, null where there is no list or no region. Lists of one are the rule. -#}
{%- macro any_agrees(codes, code) -%}
    case
        when len({{ codes }}) = 1 then {{ regions_agree(codes ~ "[1]", code) }}
        when len({{ codes }}) > 1 and {{ code }} is not null
            then len(list_filter({{ codes }}, lambda c: {{ regions_agree("c", code) }})) > 0
    end
{%- endmacro -%}

{#- The members of a list, each once, sorted. Two of them, the rule, need no sorting. -#}
{%- macro sorted_once(list) -%}
    case
        when len({{ list }}) < 2 or (len({{ list }}) = 2 and {{ list }}[1] < {{ list }}[2]) then {{ list }}
        when len({{ list }}) = 2 and {{ list }}[1] > {{ list }}[2] then [{{ list }}[2], {{ list }}[1]]
        else list_sort(list_distinct({{ list }}))
    end
{%- endmacro -%}

{#- Those of a list of regions that agree with a region. -#}
{%- macro those_that_agree(codes, code) -%}
    list_filter({{ codes }}, lambda c: {{ regions_agree("c", code) }})
{%- endmacro -%}

{#- Those of a list of regions that agree with one of other regions at least. -#}
{%- macro those_that_agree_with_any(codes, others) -%}
    list_filter({{ codes }}, lambda c: len(list_filter({{ others }}, lambda o: {{ regions_agree("c", "o") }})) > 0)
{%- endmacro -%}
