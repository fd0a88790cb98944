{#- Names of sources, for the model source_site. -#}

{#- What counts when two names are compared: letters and digits. -#}
{%- macro source_key(text) -%}
    regexp_replace({{ text }}, '[^\pL\pN]', '', 'g')
{%- endmacro -%}

{#- Words behind the name of a source that say what was taken from it and how. -#}
{%- macro source_action_pattern() -%}
    采集|抓取|爬取|导出|导入|下载|查询|数据|资料|名录软件|名录|名单|软件|提供|给的|收集|整理|录入|客户|线索|渠道|来源
{%- endmacro -%}

{#- A date or a number before the name of a source, or behind it. The first group is kept. -#}
{%- macro source_date_pattern() -%}
    ^(?:(?:19|20)\d\d年?(?:\d{1,2}月)?|\d{1,2}月)|(\pL)(?:(?:19|20)\d\d年?(?:\d{1,2}月(?:\d{1,2}[日号])?)?|\d+|\d{1,2}月)$
{%- endmacro -%}

{#- A key without words of that kind and without a date, which keeps 网 and 平台: they may belong to the name (化工网). -#}
{%- macro source_acted(key) -%}
    {%- set action = "'(?:" ~ source_action_pattern() ~ ")+$', ''" -%}
    regexp_replace(
        regexp_replace(regexp_replace({{ key }}, {{ action }}), '{{ source_date_pattern() }}', '\1'), {{ action }}
    )
{%- endmacro -%}

{#- A key without words of any kind that people add to the name of a source. -#}
{%- macro source_core(key) -%}
    regexp_replace(
        {{ key }},
        '(?:网站|官网|平台|网|app|手机版|电脑版|信息|搜索|搜|会员|店铺|旗舰店|系统|{{ source_action_pattern() }})+$', ''
    )
{%- endmacro -%}

{#- What stands in front of the name of a source: 来源：, 来自, source: -#}
{%- macro source_label_pattern() -%}
    ^(?:
    {%- filter trim -%}
    (?:数据|信息|客户|资料|线索|采集)?(?:来源|渠道)(?:网站|平台|渠道)?[ ]*[:]+[ ]*|(?:来自|来源于|采集自|摘自|取自|源自)(?:于)?[ ]*[:]*[ ]*
    {%- endfilter -%}
    |(?:source|from|via|channel)(?:[ ]*:[ ]*|[ ]+))+
{%- endmacro -%}

{#- Sources known by a word anywhere in their name: 第125届广交会, 张总介绍. Null where there is none. -#}
{%- macro source_words(text) -%}
    {%- set fair = [
        "展会|展览|博览会|交易会|洽谈会|广交会|工博会|高交会|进博会|华交会|义博会|参展|[^发扩拓进开伸]展$",
        "\\bexpo\\b|\\bfair\\b|exhibition",
    ] | join("|") -%}
    case
        when regexp_matches({{ text }}, '{{ fair }}') then ['exhibition']
        when contains({{ text }}, '名片') then ['business_card']
        when regexp_matches({{ text }}, '转介|[^业司]介绍|推荐$') then ['referral']
        when regexp_matches({{ text }}, '问卷|登记表|报名表|表单') then ['form']
        when regexp_matches({{ text }}, '来电|热线$|呼入') then ['inbound_call']
        when regexp_matches({{ text }}, '论坛$|峰会|研讨会|招商会|推介会|订货会') then ['conference']
        when regexp_matches({{ text }}, '[^\s](?:协会|商会)$') then ['association']
        when regexp_matches({{ text }}, '黄页$') then ['yellow_pages']
    end
{%- endmacro -%}
