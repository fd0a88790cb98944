"""Records of a B2B directory, invented, as table staged.party: companies seen several times, each time written a little differently.

Everything is made in SQL from the row's number, so that a million records take seconds and every run gives the same.
"""

from __future__ import annotations

import duckdb

from ccdata_assets.contracts.registry import Registry
from ccdata_assets.standard.dictionaries import Dictionaries

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲建国华红玉梅鹏飞婷雪琴宇浩然欣怡子涵梓晨思佳俊凯志远晓东海燕春生荣林峰"
TRADE = "泰海创优安隆信永泽美宇鸿云鼎润远晟瑞慧德佳铭飞源中莱昌百盛华天金龙宏达利通恒丰裕祥和兴嘉诚立新科锐博雅智汇联众合力凯旋"
INDUSTRIES = ["科技", "网络科技", "信息技术", "生物科技", "建筑工程", "医疗器械", "商贸", "贸易", "实业", "投资", "物流", "文化传媒", "电子", "机械", "化工", "服装", "食品", "环保科技", "广告", "装饰工程"]  # fmt: skip
FORMS = ["有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司", "(集团)有限公司", "经营部", "商行", "厂"]
ROADS = ["人民路", "建设大道", "解放路", "工业大道", "中山路", "科技园南路", "和平街", "北京路", "新华路", "高新二路"]
MAINS = ["LED灯具、驱动电源的生产与销售", "软件开发", "五金工具批发", "服装加工", "食品零售", "建筑装饰工程设计与施工", "机械设备", "化工原料", "物流运输", "医疗器械销售"]  # fmt: skip
INDUSTRY_CELLS = [
    "软件和信息技术服务业",
    "批发业",
    "C39",
    "6513",
    "制造业",
    "五金工具",
    "服装",
    "餐饮",
    "建筑业",
    "物流",
]
CAPITALS = ["500万元", "1,000万人民币", "USD 2.5m", "壹佰万元整", "3000万元人民币", "50万", "2亿元", "100"]
SITES = ["阿里巴巴", "慧聪网", "hc360.com", "中国供应商", "1688", "黄页88", "行业圈", "企查查"]
HEADS = ["50-100人", "100人以上", "20", "11-50 employees", "少于50人", "500-999人", "约200"]
TITLES = ["经理", "总经理", "采购经理", "销售总监", "业务员", "主任", "CEO", "董事长", ""]


def _pick(salt: str, number: str, words: list[str]) -> str:
    """SQL for one of the words, chosen by a hash of a number."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"([{listed}])[1 + chance({number}, '{salt}', {len(words)})]"


def _letter(salt: str, number: str, letters: str) -> str:
    return f"substr('{letters}', 1 + chance({number}, '{salt}', {len(letters)}), 1)"


def _digits(salt: str, number: str, count: int) -> str:
    return f"lpad(chance({number}, '{salt}', {10**count})::varchar, {count}, '0')"


def write_parties(dictionaries: Dictionaries, registry: Registry, records: int, first: int = 0, organisations: int = 0) -> None:  # fmt: skip
    """Add to staged.party invented records first … first + records - 1 of `organisations` companies (default: a third).

    A file holds 100,000 of them; staged.value and staged.batch are the views that the contracts would make.
    """
    con = dictionaries.con
    dictionaries.prepare("region")
    organisations = organisations or max(1, records // 3)
    org = f"(i * 7919 % {organisations})"
    con.execute(
        "create or replace temp macro chance(number, salt, count) as cast(hash(number, salt) % count as bigint)"
    )
    con.execute(
        """create or replace temp table place as
        select row_number() over (order by region_code) - 1 as place_no, province, province_short, coalesce(city, '') as city,
            coalesce(city_short, province_short) as city_short, county, area_code, coalesce(postcode, '') as postcode, local_len
        from reference.region where level = 'county' and area_code is not null and region_code < '70'"""
    )
    places = con.execute("select count(*) from place").fetchall()[0][0]
    trade = " || ".join(_letter(f"t{k}", "o", TRADE) for k in range(3))
    name = f"{_letter('s', 'p', SURNAMES)} || {_letter('g1', 'p', GIVEN)} || case when chance(p, 'len', 4) > 0 then {_letter('g2', 'p', GIVEN)} else '' end"
    columns = f"""
        case chance(i, 'nv', 6)
            when 0 then city_short || trade || '（' || county || '）' || industry || form
            when 1 then trade || '(' || city_short || ')' || industry || form
            when 2 then ' ' || city || trade || industry || form || ' '
            else city_short || trade || industry || form end as company_name,
        case when chance(i, 'cn', 10) = 0 then person[:1] || '经理' when chance(i, 'cn', 10) = 1 then person || '先生' else person end as contact_name,
        nullif({_pick("title", "p", TITLES)}, '') as title,
        case when chance(i, 'sex', 3) = 0 then 'male' when chance(i, 'sex', 3) = 1 then 'female' end as gender,
        case when chance(i, 'mv', 8) = 0 then mobile[:3] || '-' || mobile[4:7] || '-' || mobile[8:] when chance(i, 'mv', 8) = 1 then '+86 ' || mobile
            when chance(i, 'mv', 8) = 2 then mobile || '/' || area_code || '-' || local when chance(i, 'mv', 8) = 3 then null else mobile end as mobile,
        case chance(i, 'pv', 6) when 0 then '(' || area_code || ')' || local when 1 then area_code || local when 2 then area_code || '-' || local || '转' || chance(i, 'ext', 900)
            when 3 then null else area_code || '-' || local end as phone,
        case when chance(i, 'fv', 2) = 0 then area_code || '-' || fax end as fax,
        case when chance(i, 'ev', 3) = 0 then null when chance(i, 'ev', 3) = 1 then mail || '@163.com' else 'sales' || '@' || host end as email,
        case when chance(i, 'wv', 2) = 0 then (case when chance(i, 'wp', 3) = 0 then 'http://www.' else 'www.' end) || host end as website,
        case when chance(i, 'rv', 4) = 0 then null when chance(i, 'rv', 4) = 1 then province_short else province end as province,
        case when chance(i, 'rv', 4) = 0 then null when chance(i, 'rv', 4) = 1 then city_short else city end as city,
        case when chance(i, 'rv', 4) = 0 then null else county end as county,
        case when chance(i, 'av', 4) = 0 then city || county || road when chance(i, 'av', 4) = 1 then province_short || city_short || county || road
            else province || city || county || road end as address,
        nullif(postcode, '') as postcode,
        {_pick("ind", "o", INDUSTRY_CELLS)} as industry,
        {_pick("main", "o", MAINS)} as main_business,
        case when chance(i, 'uv', 2) = 0 then '91' || lpad((110000 + chance(o, 'u1', 500000))::varchar, 6, '0') || {_digits("u2", "o", 9)} || 'X' end as uscc,
        {_pick("cap", "o", CAPITALS)} as registered_capital,
        {_pick("head", "o", HEADS)} as employees,
        {_pick("site", "i", SITES)} as source_site"""
    con.execute(
        f"""create or replace temp table invented as
        with numbered as (
            select i, {org} as o, i * 31 % {max(1, organisations * 2)} as p from range({first}, {first + records}) as t(i)
        ),
        made as (
            select numbered.*, place.*, {trade} as trade, {_pick("industry", "o", INDUSTRIES)} as industry, {_pick("form", "o", FORMS)} as form,
                {name} as person,
                ([ '130', '135', '138', '139', '150', '158', '166', '177', '186', '188', '189', '199' ])[1 + chance(p, 'm', 12)] || {_digits("md", "p", 8)} as mobile,
                (2 + chance(o, 'l1', 7))::varchar || left({_digits("l2", "o", 7)}, local_len - 1) as local,
                (2 + chance(o, 'f1', 7))::varchar || left({_digits("f2", "o", 7)}, local_len - 1) as fax,
                'u' || to_base(chance(p, 'mail', 100000000), 36) as mail,
                lower(to_base(chance(o, 'host', 1000000000), 36)) || (['.com', '.cn', '.com.cn', '.net'])[1 + chance(o, 'tld', 4)] as host,
                {_pick("road", "o", ROADS)} || (1 + chance(o, 'no', 999)) || '号' || case when chance(o, 'b', 2) = 0 then (1 + chance(o, 'bl', 20)) || '栋' || (101 + chance(o, 'rm', 800)) || '室' else '' end as road
            from numbered join place on place_no = chance(o, 'place', {places})
        )
        select i, {columns} from made"""
    )
    _as_staged(con, registry)


def _as_staged(con: duckdb.DuckDBPyConnection, registry: Registry) -> None:
    """The invented values as staged.party, staged.value and staged.batch, as the contracts would leave them."""
    made = [row[0] for row in con.execute("describe invented").fetchall()]
    party = registry.subjects["party"]
    columns = [f'"{name}"' if name in made else f'cast(null as varchar) as "{name}"' for name in party.fields]
    query = f"""select 'b2b_directory' as feed, 'b2b_directory/a.csv' as file,
        'a' || (i // 100000) as sha256, '' as member, i + 2 as row, date '2026-01-31' as received_on, false as is_repeat,
        cast(null as timestamptz) as landed_at, 'Asia/Shanghai' as time_zone, cast([] as varchar[]) as flags, {", ".join(columns)} from invented"""
    con.execute(f"create table if not exists staged.party as {query} limit 0")
    con.execute(f"insert into staged.party {query}")
    con.execute("drop table invented")
    values = [
        f"select '{registry.fields[name].standardiser}' as kind, {name} as raw, feed, sha256 from staged.party where {name} is not null"
        for name in party.fields
        if name in made and registry.fields[name].standardiser
    ]
    values.append(
        "select 'region', coalesce(province, '') || '|' || coalesce(city, '') || '|' || coalesce(county, ''), feed, sha256 from staged.party "
        "where province is not null or city is not null or county is not null"
    )
    if con.execute("from duckdb_tables() where schema_name = 'staged' and table_name = 'value'").fetchall():
        con.execute("drop table staged.value")
    con.execute("create or replace view staged.value as " + " union all ".join(values))
    con.execute(
        "create or replace view staged.batch as select distinct feed, sha256, '' as contract_hash from staged.party"
    )
