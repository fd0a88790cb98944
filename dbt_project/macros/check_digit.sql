{#-
    Check digits of the numbers that China gives to organisations and people. Each macro takes SQL of a text of the right
    form and gives SQL that is true where the check digit fits; what has another form gives no error and no promise.
-#}

{#- Unified social credit code, 18 characters (GB 32100-2015): the weighted sum with the last character is a multiple of 31. -#}
{%- macro uscc_check_fits(code) -%}
    {%- set alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY" -%}
    {%- set weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1] -%}
    (
        {% for weight in weights -%}
            {{ "+ " if not loop.first }}(instr('{{ alphabet }}', substr({{ code }}, {{ loop.index }}, 1)) - 1) * {{ weight }}
        {% endfor -%}
    ) % 31 = 0
{%- endmacro -%}

{#- Organisation code, 9 characters without a dash (GB 11714-1997): modulus 11. `first` is its first character's place. -#}
{%- macro organisation_check_fits(code, first=1) -%}
    {%- set alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" -%}
    substr({{ code }}, {{ first + 8 }}, 1) = substr(
        '0X987654321',
        (
            {% for weight in [3, 7, 9, 10, 5, 8, 4, 2] -%}
                {{ "+ " if not loop.first }}(instr('{{ alphabet }}', substr({{ code }}, {{ first + loop.index0 }}, 1)) - 1) * {{ weight }}
            {% endfor -%}
        ) % 11 + 1,
        1
    )
{%- endmacro -%}

{#-
    Number of an old business licence, 15 digits: the hybrid modulus 11, 10 of GB/T 17710 (ISO 7064). Two columns, of which
    the second is true where the check digit fits; each digit needs what came of the one before it.
-#}
{%- macro licence_check(number, product, fits) -%}
    {%- set step = namespace(product="10") -%}
    {%- for place in range(1, 8) -%}
        {%- set step.product = "((" ~ step.product ~ " + " ~ digit_at(number, place) ~ " + 9) % 10 + 1) * 2 % 11" -%}
    {%- endfor -%}
    case when regexp_full_match({{ number }}, '[0-9]{15}') then {{ step.product }} end as {{ product }},
    {% set step.product = product -%}
    {%- for place in range(8, 15) -%}
        {%- set step.product = "((" ~ step.product ~ " + " ~ digit_at(number, place) ~ " + 9) % 10 + 1) * 2 % 11" -%}
    {%- endfor -%}
    case when {{ product }} is not null then ({{ step.product }} + {{ digit_at(number, 15) }}) % 10 = 1 else false end as {{ fits }}
{%- endmacro -%}

{%- macro digit_at(number, place) -%}
    coalesce(try_cast(substr({{ number }}, {{ place }}, 1) as integer), 0)
{%- endmacro -%}

{#- Identity number of a person, 18 characters (GB 11643-1999): modulus 11, 2 of ISO 7064. -#}
{%- macro id_card_check_digit(number) -%}
    {%- set digits = "coalesce(try_cast(left(" ~ number ~ ", 17) as bigint), 0)" -%}
    substr(
        '10X98765432',
        (
            {% for weight in [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] -%}
                {{ "+ " if not loop.first }}(({{ digits }} // {{ 10 ** (16 - loop.index0) }}) % 10) * {{ weight }}
            {% endfor -%}
        )::integer % 11 + 1,
        1
    )
{%- endmacro -%}
