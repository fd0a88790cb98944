{#-
    A word of a code list as it is looked up: without case, width, spaces and, where it has no digit, without punctuation
    (E-mail, 「email」 and e mail are one word). A word of nothing else stays. A 1 that a spreadsheet made 1.0 is 1.
-#}
{%- macro fold_code(text) -%}
    {%- set folded = drop_invisible(fold_width("lower(" ~ text ~ ")")) -%}
    coalesce(
        nullif(
            case
                when regexp_matches({{ text }}, '[0-9０-９]')
                    then regexp_replace({{ folded }}, '[\s\pZ]+|^''|[.]0+[\s\pZ]*$', '', 'g')
                else regexp_replace({{ folded }}, '[\s\pZ.,:;!?''"()\[\]{}<>/\\_|~*·•、。“”‘’【】《》「」『』〔〕—–−-]+', '', 'g')
            end,
            ''
        ),
        trim({{ folded }})
    )
{%- endmacro -%}
