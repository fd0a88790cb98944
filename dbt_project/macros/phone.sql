{#-
    The patterns of a telephone cell. What a number means (which area codes and prefixes exist) is data in the seeds and
    joined in models/standard/phone.sql; what a number looks like stands here.
-#}

{#- A subscriber number of seven or eight digits, glued, in two groups, or broken by a stray space. -#}
{%- macro phone_subscriber() -%}
    (?:\d{7,8}\b|\d{4}[ -]\d{4}\b|\d{3}[ -]\d{4}\b|\d{4}[ -]\d{3}\b|\d(?: ?\d){6,7}\b)
{%- endmacro -%}

{#-
    One number with its extension, in text that phone_tidy() made, as three groups: what stands before it, the number,
    the extension. The first line that fits wins: numbers with a country code come before the rest, because
    +1 650… would pass for a mobile and 00852… for a landline.
-#}
{%- macro phone_number_pattern() -%}
    {%- set mobile -%} 1[ -]?[3-9](?:[ -]?\d){9}\b {%- endset -%}
    {%- set toll_free -%} [48]00(?:[ -]?\d){7}\b {%- endset -%}
    {%- set landline -%} 0?(?:10|2\d|[3-9]\d\d)[ -]?{{ phone_subscriber() }} {%- endset -%}
    {%- set kinds -%}
        (?:\+|00)[ -]?86[ -]?(?:0?{{ mobile }}|{{ landline }}|{{ toll_free }}|\d{3,8}\b)
        (?:\+|00[ -]?)[1-9](?:[ -]?\d){6,14}\b
        0?86[ -]?{{ mobile }}
        0?86[ -]?{{ landline }}
        0?{{ mobile }}
        {{ toll_free }}
        0\d{2,3}[ -]?{{ phone_subscriber() }}
        {{ phone_subscriber() }}
        (?:9[56]\d{3,4}|1[012]\d(?:\d\d)?)\b
        \d+(?:-\d+)*(?: (?:[1-9]|00)\d{0,3}\b)*
    {%- endset -%}
    {%- set alternatives = kinds.splitlines() | map("trim") | select | join("|") -%}
    ([^0-9+]*)({{ alternatives }})(?:(?: ?#|-)(\d{1,6})\b)?
{%- endmacro -%}

{#- Calling codes in use (ITU-T E.164) without the 86 of mainland China. -#}
{%- macro phone_country_code_pattern() -%}
    (?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1-4]|9[0-58]|21[1-368]|22\d|23\d|24\d|25[0-8]|26\d|29[0-9]|35\d|37\d
    {%- filter trim %}
    |38[0-35-79]|42[013]|50\d|59\d|67\d|68\d|69[0-2]|80[08]|85[02356]|87[0-48]|88[0168]|96[0-8]|97\d|99[2-68])
    {%- endfilter %}
{%- endmacro -%}

{#- Dashes, brackets, separators and spaces of every kind to one of each. Takes text of folded width. -#}
{%- macro phone_punctuation(text) -%}
    translate(
        lower({{ drop_invisible(text) }}),
        '‐‑‒–—―−﹣─━﹘•・·〈〉《》<>【】[]{}「」『』〔〕⟨⟩、\~～∼至到;；，,&' || chr(9) || chr(10) || chr(11) || chr(13)
        || chr(160) || chr(8194) || chr(8195) || chr(8196) || chr(8197) || chr(8199) || chr(8201) || chr(8202) || chr(8239),
        '--------------()()()()()()()()()()///////|||||' || ' |||         '
    )
{%- endmacro -%}

{#-
    What people who type telephone numbers do, undone: pattern => replacement, ␠ for a space. In three steps, each taking the text
    of the one before, the first what phone_punctuation() made:
    words     labels, opening hours and words for extensions (only where there are letters)
    prefixes  list numbers, country and area codes in brackets
    marks     what is left besides digits, `+`, `#` before an extension, `/` and `|` between numbers, spaces and hyphens
-#}
{%- macro phone_habits(step) -%}
    {%- if step == "words" -%}
        {%- set before = "(?:总机|總機|请|請|可|再|[按拨][0-9]键?)" -%}
        {%- set extension = "(?:转|轉|分机|分機|内线|內線|extension|extn|ext)" -%}
        {%- set counted = "(?:小时|小時|号楼|號樓|号线|楼|樓|层|層|病区|病房|诊室|室|窗口|分钟|元|点半|[点时])" -%}
            ['"`=‘’“”]                                                   =>   {# Excel's text marks #}
            [a-z0-9._%-]+@[a-z0-9.-]+                                    => |  {# e-mail #}
            (?:qq|邮编|邮政编码|郵編)[^0-9|/]{0,3}\d+                            => |  {# other numbers with a label #}
            \b\d{1,2}:[0-5]\d\b(?:[ ]*[-/][ ]*\d{1,2}:[0-5]\d\b)?        => |  {# opening hours #}
            (\d)[ ]*[一ー][ ]*(\d)                                         => \1-\2  {# 一 typed for a dash #}
            (\d)o(\d)                                                    => \10\2
            [ (:|/-]*{{ before }}*{{ extension }}+(?:{{ extension }}|号|號|接|拨|按)*[ .:|(-]*(\d{1,6}) => #\1
            ([a-z\x{4e00}-\x{9fff}])[ ]*\d{1,2}[ ]*:                     => \1|  {# 电话1: #}
            (\d)[ ]*[x*][ ]*(\d{1,6}\b)                                  => \1#\2
            (^|[^0-9#-])\d{1,4}[ ]*{{ counted }}                          => \1|  {# 24小时, 3楼 #}
    {%- elif step == "prefixes" -%}
            (\+\d{7,15})\|(\d{1,6})(\||$)                                => \1#\2\3  {# our own form, its ; is now | #}
            ^(\d{5,})\.0+$                                               => \1  {# a number column saved as decimals #}
            (^|[|/ ])\(?[1-9][./)][ ]*([(+]?\d{3})                       => \1\2  {# 1、… 2、… #}
            (\d{7})[ ]*\([ ]*(\d{2,5})[ ]*\)                             => \1#\2  {# 88888888(801) #}
            \(?\+[ (]*86[ )-]*                                           => +86
            \([ ]*(?:00)?[ ]*86[ ]*\)[ -]*                               => +86
            (\+\d{1,3}[ -]*)\(0\)[ ]*                                    => \1
            \([ ]*(0\d{2,3})[ ]*[)-]+                                    => ␠\1-
            (\b0\d{2,3})[ ]*\(                                           => \1-
    {%- elif step == "marks" -%}
            (\d)\.(\d)                                                   => \1-\2
            [()]                                                         => ␠
            [^0-9+#/| -]+                                                => |  {# labels #}
            [ ]*-[ -]*                                                   => -
            [ ]*([|/#])[ ]*                                              => \1
            [ ][ ]+                                                      => ␠
            (\d{7})-(0\d{2,3}-?[2-9]\d{6,7}\b)                           => \1|\2  {# a hyphen between two numbers #}
    {%- endif -%}
{%- endmacro -%}

{#- The text with the habits of one step undone, in their order. -#}
{%- macro phone_undo(step, text) -%}
    {%- set undone = namespace(sql=text) -%}
    {%- for habit in phone_habits(step).splitlines() if habit | trim -%}
        {%- set pattern, replacement = (habit ~ " ").split("=> ") -%}
        {%- set arguments = [pattern | trim | replace("'", "''"), replacement | trim | replace("␠", " ")] -%}
        {%- set undone.sql = "regexp_replace(" ~ undone.sql ~ ", '" ~ arguments | join("', '") ~ "', 'g')" -%}
    {%- endfor -%}
    {{- undone.sql -}}
{%- endmacro -%}
