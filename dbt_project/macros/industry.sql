{#- Reading of industries: GB/T 4754-2017. A path is a code with its section's letter first (C3911), so that a parent is a prefix. -#}

{#- A folded, lower-case text as names are compared: its letters and digits, without words that only join. -#}
{%- macro industry_key(text) -%}
    regexp_replace({{ text }}, ' and |[^\pL\pN+]|[和及与的]', '', 'g')
{%- endmacro -%}

{#- Least confidence of a valid reading. -#}
{%- macro industry_threshold() -%}
    0.6
{%- endmacro -%}

{#- The things done with goods, in the order in which they count: own sales and repairs are part of making. -#}
{%- macro industry_activities() -%}
    ['make', 'grow', 'repair', 'install', 'lease', 'recycle', 'both', 'retail', 'wholesale', 'sell', 'design', 'research', 'none']
{%- endmacro -%}

{#- What a text says is done with goods, as a place in that list. -#}
{%- macro industry_activity(text) -%}
    {%- set signs = [
        "生产|制造|加工|制作|[定订]做|定制|代工|oem|odm|工厂|厂家|厂$|织造|产销|manufactur|producer|production|processing|factory|maker",
        "种植|养殖|饲养|栽培|培育",
        "维修|修理|检修|repair|maintenance",
        "安装|施工|工程|installation",
        "租赁|出租|租用|租售|rental|leasing",
        "回收|收购|recycling",
        "批发.*零售|零售.*批发|批零|批兼零|批售",
        "零售|专卖|商店|门店|门市|网店|店铺|旗舰店|[^酒饭旅书]店$|retail|store|shop",
        "批发|经销|代理|贸易|商贸|进出口|外贸|分销|出口|进口|总代|代销|购销|供应|供销|wholesale|trading|trade|distribut|import|export|dealer|supplier",
        "销售|经营|买卖|营销|直销|出售|专营|专销|sales|selling",
        "设计|design",
        "研发|研究|research|r&d",
    ] -%}
    case
        when not regexp_matches({{ text }}, '{{ signs | join("|") }}') then 13
        {%- for pattern in signs %}
        when regexp_matches({{ text }}, '{{ pattern }}') then {{ loop.index }}
        {%- endfor %}
        else 13
    end
{%- endmacro -%}

{#- What is left of a phrase without the words that name no goods and no trade. -#}
{%- macro industry_rest(text) -%}
    regexp_replace(
        {{ text }},
        '研发|研究|开发|设计|生产|制造|加工|制作|[定订]做|定制|代工|oem|odm|工厂|厂家|织造|产销|种植|养殖|饲养|栽培|培育|维修|修理|检修|保养|维护|安装|施工'
        '|工程|租赁|出租|租用|租售|回收|收购|批发|零售|专卖|商店|商行|门店|门市|网店|店铺|旗舰店|经销|代理|贸易|商贸|进出口|外贸|分销|出口|进口|总代|代销|购销'
        '|供应|供销|销售|经营|买卖|营销|直销|出售|专营|专销|售后|服务|专业|从事|主要|以下|各种|各类|各式|多种|一般|普通|相关|有关|配套|系列|产品|商品|制品|用品'
        '|行业|产业|业务|领域|有限责任公司|股份有限公司|有限公司|公司|集团|企业|我们|我司|本公司|我公司|是一家|一家|专注于?|致力于?|为主|为一体|于一体|一体化?|承接'
        '|承揽|提供|包括|主营|兼营|自营|等等|其他|其它|零部件|配件|零件|部件|附件|型号|规格|高品质|优质|高端|大型|小型|新型|定点|国内|国外|国际|全国|[等类业厂店商者型部处为以兼含在于之式及其种各]',
        '', 'g'
    )
{%- endmacro -%}

{#-
    A path as a number, so that parents are found by division: five places in base 11, the letter and then each digit plus one.
    The scale of a number is what it has to be divided by so that everything below it gives the same: 1 for a class, 11 for a group,
    121 for a division, 14641 for a section.
-#}
{%- macro industry_node(path) -%}
    (
        (ascii({{ path }}) - 64) * 14641
        + if(length({{ path }}) > 1, (ascii({{ path }}[2:2]) - 47) * 1331 + (ascii({{ path }}[3:3]) - 47) * 121, 0)
        + if(length({{ path }}) > 3, (ascii({{ path }}[4:4]) - 47) * 11, 0)
        + if(length({{ path }}) > 4, ascii({{ path }}[5:5]) - 47, 0)
    )::integer
{%- endmacro -%}

{%- macro industry_scale(node) -%}
    case
        when {{ node }} % 14641 = 0 then 14641
        when {{ node }} % 121 = 0 then 121
        when {{ node }} % 11 = 0 then 11
        else 1
    end
{%- endmacro -%}

{#-
    The reading of votes: a list of struct(node, scale, w, p, phrase), w the certainty that a vote brings, p its part of the text.
    The confidence of a code is what speaks for it and what lies in it, over all that does not speak for one of its parents.
    The deepest code that reaches the threshold is chosen; a section is no answer where only goods are named.
-#}
{%- macro industry_scored(votes, unread) -%}
    if(
        len({{ votes }}) = 1,
        [
            {
                'depth': -{{ votes }}[1].scale,
                'confidence': least(0.99, round({{ votes }}[1].w / greatest({{ votes }}[1].p + {{ unread }}, 0.01), 2)),
                'node': {{ votes }}[1].node
            }
        ],
        list_transform(
            list_distinct(
                flatten(
                    list_transform(
                        {{ votes }},
                        lambda v: [v.node // 14641 * 14641, v.node // 121 * 121, v.node // 11 * 11, v.node]
                    )
                )
            ),
            lambda node: {
                'depth': -{{ industry_scale("node") }},
                'confidence': least(
                    0.99,
                    round(
                        list_sum(
                            list_transform(
                                {{ votes }},
                                lambda v: if(
                                    v.node // ({{ industry_scale("node") }}) = node // ({{ industry_scale("node") }}), v.w, 0
                                )
                            )
                        )
                        / greatest(
                            {{ unread }}
                            + list_sum(
                                list_transform(
                                    {{ votes }},
                                    lambda v: if(v.scale > {{ industry_scale("node") }} and node // v.scale = v.node // v.scale, 0, v.p)
                                )
                            ),
                            0.01
                        ),
                        2
                    )
                ),
                'node': node
            }
        )
    )
{%- endmacro -%}

{#- The chosen one of the scored codes. -#}
{%- macro industry_chosen(scored, is_goods_only) -%}
    list_max(
        list_filter(
            {{ scored }},
            lambda s: s.confidence >= {{ industry_threshold() }} and (s.depth > -14641 or not {{ is_goods_only }})
        )
    )
{%- endmacro -%}

{#-
    Up to three codes for a person to choose from, the likeliest first; none of them is the chosen one or one of its parents.
    `also` is a further code, that of the trade with goods of which only the making was counted.
-#}
{%- macro industry_suggestions(votes, scored, chosen, also) -%}
    list_reverse_sort(
        list_filter(
            list_transform(
                list_distinct(list_transform({{ votes }}, lambda v: v.node)),
                lambda node: {
                    'confidence': list_filter({{ scored }}, lambda s: s.node = node)[1].confidence::double,
                    'node': node
                }
            ),
            lambda s: {{ chosen }} is null or {{ chosen }} // ({{ industry_scale("s.node") }}) <> s.node // ({{ industry_scale("s.node") }})
        )
        || if(
            {{ also }} is null
            or coalesce({{ also }} = {{ chosen }}, false)
            or list_contains(list_transform({{ votes }}, lambda v: v.node), {{ also }}),
            [],
            [{'confidence': 0.18::double, 'node': {{ also }}}]
        )
    )[:3]
{%- endmacro -%}

{#- A free text without labels, terms of law and the services that every registered scope lists; 设计、生产 becomes 生产. -#}
{%- macro industry_untemplated(text) -%}
    regexp_replace(
        regexp_replace(
            if(
                regexp_matches({{ text }}, '技术(?:服务|开发|咨询|交流|转让|推广)[、,;。]') and regexp_matches({{ text }}, '[;。].'),
                regexp_replace({{ text }}, '(^|[;,、:。])(?:技术(?:服务|开发|咨询|交流|转让|推广)(?:$|[;,、。]))+', '\1', 'g'),
                {{ text }}
            ),
            '^(?:主营(?:业务|产品|项目|范围)?|经营范围|业务范围|主要(?:经营|产品|业务)|一般(?:经营)?项目|许可(?:经营)?项目|所属行业|行业|产品):|\((?:依法|凭|不含|除)[^)]*\)?',
            '', 'g'
        ),
        '([^\x00-\x7f]) +([^\x00-\x7f])|(?:设计|研发|开发|研究)(?:[、,和与及/]?(?:设计|研发|开发|研究))*[、,和与及/]?(生产|制造|加工|施工)',
        '\1\2\3', 'g'
    )
{%- endmacro -%}

{#- A phrase without the words at its ends that say what is done with goods. -#}
{%- macro industry_core(phrase) -%}
    regexp_replace(
        {{ phrase }},
        '^(?:专业|专注于?|致力于?|从事|主要|经营|生产|销售|批发|零售|经销|加工|制造|供应|提供|研发|承接|各类|各种|各式|及|为|以)+|(?:等|类|系列|产品|商品|生产|制造|加工|定制|批发|零售|销售|经销|代理|厂家|厂|直销|供应|出口|进出口|贸易|兼|及|业务|服务|为主)+$',
        '', 'g'
    )
{%- endmacro -%}
