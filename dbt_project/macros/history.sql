{#-
    From when to when each line of a golden history holds: from its run to the next line of the same entity. Intervals are half open, and
    the last one has no end (null). A line that says the entity ended closes the one before it and holds for nothing itself.
-#}
{%- macro validity(key) -%}
    "at" as valid_from,
    lead("at") over (partition by {{ key }} order by seq) as valid_to
{%- endmacro -%}
