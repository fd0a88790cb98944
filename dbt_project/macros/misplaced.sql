{#-
    Values that stand in the wrong column: a telephone number among the names, an e-mail address among the websites. A dictionary
    reads, beside the values of its own kind, those of other kinds whose form says that they may be meant for it; the
    record then decides (models/party/party_reading.sql).
-#}

{#- A condition on a raw text: its form is that of the kind. It asks for no more than a glance shows. -#}
{%- macro has_form_of(kind, raw) -%}
    {%- if kind == "phone" -%}
        regexp_full_match({{ raw }}, '\s*(?:电话|手机|tel)?[:： ]*[+(（]?[0-9０-９](?:[\s()（）+－-]*[0-9０-９]){6,19}[\s)）]*')
    {%- elif kind == "email" -%}
        (contains({{ raw }}, '@') or contains({{ raw }}, '＠'))
    {%- elif kind == "website" -%}
        regexp_matches(lower({{ raw }}), '^\s*(?:https?:|www[.])')
    {%- elif kind == "company_name" -%}
        regexp_matches({{ raw }}, '(?:公司|厂|合作社|事务所|经营部|商行|集团|医院|学院|大学)[)）]?\s*$')
    {%- elif kind == "person" -%}
        regexp_full_match({{ raw }}, '\s*\p{Han}{2,4}(?:先生|女士|小姐|经理)?\s*')
    {%- elif kind == "job_title" -%}
        regexp_full_match({{ raw }}, '\s*\p{Han}{0,6}(?:经理|总监|主任|主管|董事长|总裁|科长|处长|部长|院长|厂长|老板|业务员|采购|会计|秘书|助理)\s*')
    {%- endif -%}
{%- endmacro -%}

{#- Kinds whose columns may hold a value meant for a kind: what is swapped in practice, neighbours in forms. -#}
{%- macro neighbours_of(kind) -%}
    {%- if kind == "phone" -%} person company_name email website job_title
    {%- elif kind == "email" -%} person company_name phone website
    {%- elif kind == "website" -%} company_name email
    {%- elif kind == "company_name" -%} person
    {%- elif kind == "person" -%} company_name phone job_title
    {%- elif kind == "job_title" -%} person
    {%- endif -%}
{%- endmacro -%}

{#- A further condition of values_to_read(): values of other kinds that may be meant for this one. -#}
{%- macro misplaced_values(kind) -%}
    {%- set neighbours = neighbours_of(kind).split() -%}
    {%- if neighbours %}
        or (
            staged_value.kind in ('{{ neighbours | join("', '") }}')
            and {{ has_form_of(kind, "staged_value.raw") }}
        )
    {%- endif -%}
{%- endmacro -%}
