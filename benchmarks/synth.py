"""Chinese company and contact feeds with ground truth and realistic dirt: `benchmarks/synth --rows 1000000 --seed 1 OUT`.

OUT/b2b_directory/20260131-<n>.parquet are files that `ccdata run` lands (100,000 rows each), OUT/truth.parquet says for each
row: row_no, file, row, organisation (its true entity), branch_of, contact (a person in an organisation), person, and one
flag for each kind of dirt. Everything is SQL over the number of the row, so any size takes seconds and the same seed gives
the same bytes. All companies, people and numbers are invented.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from ccdata_assets.contracts.compile import literal
from ccdata_assets.standard.dictionaries import Dictionaries

SHARES = {
    "typed_wrong": 0.08,
    "suffix_changed": 0.15,
    "no_phone": 0.20,
    "placeholder": 0.05,
    "traditional": 0.05,
    "swapped": 0.01,
    "moved": 0.07,
}
"""Of rows; `moved`, of places of people: who works there came from another company, so that 3% of the people are met in two."""
SHARED_SWITCHBOARD, SAME_TRADE_NAME, BRANCH = 0.03, 0.057, 0.056
"""Of companies: one number with twenty others; the trade name and line of business of one in another city; a branch of another. A tenth of the latter two falls away,
because a branch has no branches."""
ORGANISATIONS = 0.32
"""Companies to rows: 68% of the rows are of a company that another row has already."""
ROWS_A_FILE = 100_000

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲建国华红玉梅鹏飞婷雪琴宇浩然欣怡子涵梓晨思佳俊凯志远晓东海燕春生荣林峰"
TRADE = "泰海创优安隆信永泽美宇鸿云鼎润远晟瑞慧德佳铭飞源中莱昌百盛华天金龙宏达利通恒丰裕祥和兴嘉诚立新科锐博雅智汇联众合力凯旋"
WRONG = "太亥闯尤鞍龙新勇择每于鸿耘丁闰元成端惠得加名非元忠来倡白胜花添今隆红大力同横风玉详合星家成力心可瑞博牙志会连重何立恺玄"
"""What is typed for the character of TRADE in the same place: one that sounds or looks like it."""
SIMPLE = (
    "国业东华龙达兴诚联众创优润远鸿云飞泽贸医疗装饰筑网络术电机实资厂经营责团环广传设备汇丰锐宁济庆门阳苏汉岛陕贵辽"
)
TRADITIONAL = (
    "國業東華龍達興誠聯眾創優潤遠鴻雲飛澤貿醫療裝飾築網絡術電機實資廠經營責團環廣傳設備匯豐銳寧濟慶門陽蘇漢島陝貴遼"
)
LINES = ["科技", "网络科技", "信息技术", "生物科技", "建筑工程", "医疗器械", "商贸", "贸易", "实业", "投资", "物流", "文化传媒", "电子", "机械", "化工", "服装", "食品", "环保科技", "广告", "装饰工程"]  # fmt: skip
FORMS = ["有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司"]
ROADS = ["人民路", "建设大道", "解放路", "工业大道", "中山路", "科技园南路", "和平街", "北京路", "新华路", "高新二路", "长江路", "文化路"]  # fmt: skip
TITLES = ["经理", "总经理", "采购经理", "销售总监", "业务员", "主任", "财务经理", "董事长"]
MOBILES = ["130", "135", "138", "139", "150", "158", "166", "177", "186", "188", "189", "199"]
HEADERS = {
    "company_name": "公司名称", "contact_name": "联系人", "title": "职务", "gender": "性别", "mobile": "手机", "phone": "电话",
    "email": "邮箱", "website": "网址", "province": "省份", "city": "城市", "county": "区县", "address": "地址", "uscc": "统一社会信用代码",
}  # fmt: skip
"""Columns of the feed and the headers they are written under."""


USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
"""GB 32100-2015."""


class Synth:
    """Writes SQL whose chances depend on a seed and a number alone."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def chance(self, salt: str, number: str, count: int) -> str:
        """A whole number from 0 to count - 1."""
        return f"cast(hash({number}, {literal(f'{self.seed}:{salt}')}) % {count} as bigint)"

    def happens(self, salt: str, number: str, share: float) -> str:
        """True with a share."""
        return f"({self.chance(salt, number, 10_000)} < {round(share * 10_000)})"

    def word(self, salt: str, number: str, words: list[str]) -> str:
        """One of the words."""
        return f"([{', '.join(map(literal, words))}])[1 + {self.chance(salt, number, len(words))}]"

    def letter(self, salt: str, number: str, letters: str) -> str:
        """One of the letters."""
        return f"substr('{letters}', 1 + {self.chance(salt, number, len(letters))}, 1)"

    def digits(self, salt: str, number: str, count: int) -> str:
        """A number of so many digits."""
        return f"lpad(cast({self.chance(salt, number, 10**count)} as varchar), {count}, '0')"


def _checked(code: str, weights: tuple[int, ...], letters: str) -> str:
    """The check digit of a code: the letter that stands at the weighted sum of its digits, modulo their number."""
    parts = [
        f"(strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr({code}, {place}, 1)) - 1) * {weight}"
        for place, weight in enumerate(weights, start=1)
    ]
    return f"substr('{letters}', 1 + ({' + '.join(parts)}) % {len(letters)}, 1)"


def write_synth(
    con: duckdb.DuckDBPyConnection, dbt_dir: Path, rows: int, seed: int, first: int = 0, of: int = 0
) -> None:
    """Make the table `synth` of rows first … first + rows - 1 of a world of `of` rows (default: just these): row_no, truth, flags,
    and the columns of HEADERS. Rows of one world describe the same entities, whichever of them are made."""
    made = Synth(seed)
    Dictionaries(dbt_dir, con).prepare("region")
    world = of or first + rows
    organisations = max(20, round(world * ORGANISATIONS))
    con.execute(
        """create or replace temp table place as
        select row_number() over (order by region_code) - 1 as place_no, province, province_short, coalesce(city, province) as city,
            coalesce(city_short, province_short) as city_short, county, area_code, local_len, region_code
        from reference.region where level = 'county' and area_code is not null and region_code < '70'"""
    )
    places = con.execute("select count(*) from place").fetchall()[0][0]
    _organisations(con, made, organisations, places)
    con.execute(f"create or replace temp table synth_row as {_rows(made, first, rows, organisations)}")
    con.execute(f"create or replace table synth as {_written(made)}")


def _organisations(con: duckdb.DuckDBPyConnection, made: Synth, organisations: int, places: int) -> None:
    """`company`: one row per true organisation, its branches among them."""
    trade = " || ".join(made.letter(f"trade{k}", "source", TRADE) for k in range(3))
    con.execute(
        f"""create or replace temp table company as
        with numbered as (
            select o, {made.happens("branch", "o", BRANCH)} and o > 0 as is_branch,
                {made.happens("same", "o", SAME_TRADE_NAME)} and o > 0 as is_namesake,
                -- the one it is a branch of, or shares its trade name with: one with a smaller number
                {made.chance("other", "o", 1 << 40)} % greatest(o, 1) as other
            from range({organisations}) as t(o)
        ),
        -- what a branch and a namesake take over is that of a company that is neither
        chosen as (
            select o, is_branch and not other_branch and not other_namesake as is_branch,
                not is_branch and is_namesake and not other_branch and not other_namesake as is_namesake, other
            from (
                select numbered.*, {made.happens("branch", "other", BRANCH)} as other_branch,
                    {made.happens("same", "other", SAME_TRADE_NAME)} as other_namesake
                from numbered
            )
        ),
        sourced as (
            select *, if(is_branch or is_namesake, other, o) as source,
                {made.chance("place", "o", places)} as place_no, {made.chance("place", "other", places)} as other_place
            from chosen
        ),
        shared as (
            select *, {made.happens("switch", "o", SHARED_SWITCHBOARD)} as has_shared_switchboard,
                if(has_shared_switchboard, {made.chance("group", "o", max(1, round(organisations * SHARED_SWITCHBOARD / 20)))}, null) as switchboard
            from sourced
        ),
        placed as (
            select * replace (
                case
                    -- those who share a switchboard sit in one place
                    when has_shared_switchboard and not is_branch and not is_namesake then {made.chance("hall", "switchboard", places)}
                    -- in another city than the one whose name it has
                    when (is_branch or is_namesake) and place_no = other_place then (place_no + 997) % {places}
                    else place_no end as place_no
            )
            from shared
        )
        select placed.o, if(is_branch, other, null) as branch_of, is_namesake, has_shared_switchboard, switchboard, place.*, home.city_short as name_city, home.city as name_city_full,
            {trade} as trade, {made.word("line", "source", LINES)} as line, {made.word("form", "source", FORMS)} as form,
            lower(to_base({made.chance("host", "source", 10**9)}, 36)) || ([ '.com', '.cn', '.com.cn', '.net' ])[1 + {made.chance("tld", "source", 4)}] as host,
            '91' || place.region_code || {made.digits("uscc", "o", 8)} as uscc_body,
            uscc_body || {_checked("substr(uscc_body, 9, 8)", (3, 7, 9, 10, 5, 8, 4, 2), "0X987654321")} as uscc_17,
            uscc_17 || {_checked("uscc_17", USCC_WEIGHTS, "0YXWUTRQPNMLKJHGFEDCBA987654321")} as uscc,
            {made.word("road", "o", ROADS)} || (1 + {made.chance("no", "o", 999)}) || '号'
                || if({made.happens("room", "o", 0.5)}, (1 + {made.chance("tower", "o", 20)}) || '栋' || (101 + {made.chance("unit", "o", 800)}) || '室', '') as road,
            1 + {made.chance("people", "o", 3)} as people
        from placed join place on placed.place_no = place.place_no
        join place as home on home.place_no = if(is_branch, placed.other_place, placed.place_no)"""
    )


def _rows(made: Synth, first: int, rows: int, organisations: int) -> str:
    """Who each row is about. The first rows of a world are about a company each, later ones about any."""
    return f"""
        with met as (
            select i as row_no, if(i < {organisations}, i, {made.chance("who", "i", organisations)}) as o
            from range({first}, {first + rows}) as t(i)
        ),
        person as (
            select met.row_no, company.*, {made.chance("person", "row_no", 1 << 30)} % company.people as p
            from met join company using (o)
        ),
        -- a person who moved is met where another one of that number works, as often as at home
        moved as (
            select *, {made.happens("moved", "(o * 3 + p)", SHARES["moved"])} as is_mover from person
        )
        select *, o * 3 + p as person_no,
            {", ".join(f"{made.happens(name, 'row_no', share)} as {name}" for name, share in SHARES.items() if name != "moved")}
        from moved"""


def _written(made: Synth) -> str:
    """The rows as their sources write them, and the truth about them."""
    # who moved came from the company before: the number and e-mail of the person stay, the company is another
    person = f"if(is_mover and o > 0, {made.chance('from', 'person_no', 1 << 30)} % greatest(o * 3, 1), person_no)"
    name = f"{made.letter('surname', 'person', SURNAMES)} || {made.letter('given1', 'person', GIVEN)} || if({made.happens('short', 'person', 0.25)}, '', {made.letter('given2', 'person', GIVEN)})"
    local = f"(2 + {made.chance('l1', 'coalesce(switchboard, o + (1 << 30))', 7)}) || left({made.digits('l2', 'coalesce(switchboard, o + (1 << 30))', 7)}, local_len - 1)"
    city = "coalesce(name_city, '')"
    whole = "trade || line"
    spelt = f"""case {made.chance("kind", "row_no", 4)}
        when 0 then {city} || {whole} || suffix
        when 1 then trade || '(' || {city} || ')' || line || suffix
        when 2 then coalesce(name_city_full, '') || {whole} || suffix
        else {city} || {whole} || suffix end"""
    suffix = f"""if(not suffix_changed, form, case {made.chance("suffix", "row_no", 4)} when 0 then '' when 1 then '公司' when 2 then '有限责任公司' else '集团有限公司' end)"""
    place = f"{made.chance('typo', 'row_no', 3)}"
    mistyped = f"""if(not typed_wrong, trade, case {made.chance("slip", "row_no", 4)}
        when 0 then left(trade, {place}) || substr(trade, {place} + 2)
        when 1 then substr(trade, 2, 1) || substr(trade, 1, 1) || substr(trade, 3)
        else left(trade, {place}) || substr('{WRONG}', strpos('{TRADE}', substr(trade, {place} + 1, 1)), 1) || substr(trade, {place} + 2) end)"""
    return f"""
        with told as (
            select * replace ({mistyped} as trade), {suffix} as suffix, {person} as person, o as organisation from synth_row
        ),
        said as (
            select *, {name} as person_name,
                {made.word("mobile1", "person", MOBILES)} || {made.digits("mobile2", "person", 8)} as person_mobile,
                'u' || to_base({made.chance("mail", "person", 10**8)}, 36) || '@163.com' as person_mail,
                {local} as local,
                {spelt} || if(branch_of is null, '', city_short || '分公司') as spelt
            from told
        ),
        written as (
            select *,
                if(traditional, translate(spelt, '{SIMPLE}', '{TRADITIONAL}'), spelt) as w_company,
                case when {made.happens("nobody", "row_no", 0.1)} then null when {made.happens("titled", "row_no", 0.1)} then person_name[1] || '经理'
                    when {made.happens("mister", "row_no", 0.1)} then person_name || '先生' else person_name end as w_contact,
                if(no_phone or {made.happens("m", "row_no", 0.3)}, null, case {made.chance("mf", "row_no", 4)} when 0 then person_mobile[:3] || '-' || person_mobile[4:7] || '-' || person_mobile[8:]
                    when 1 then '+86 ' || person_mobile else person_mobile end) as w_mobile,
                if(no_phone or (w_mobile is not null and {made.happens("l", "row_no", 0.4)}), null, case {made.chance("pf", "row_no", 3)} when 0 then '(' || area_code || ')' || local when 1 then area_code || local
                    else area_code || '-' || local end) as w_phone,
                if({made.happens("e", "row_no", 0.45)}, null, if({made.happens("em", "row_no", 0.5)}, person_mail, 'sales@' || host)) as w_email,
                if({made.happens("w", "row_no", 0.5)}, null, 'www.' || host) as w_website,
                {made.happens("cols", "row_no", 0.75)} as has_columns,
                if({made.happens("u", "row_no", 0.4)}, uscc, null) as w_uscc
            from said
        ),
        filled as (
            select * replace (
                if(placeholder and {made.chance("filler", "row_no", 3)} = 0, '88888888', w_phone) as w_phone,
                if(placeholder and {made.chance("filler", "row_no", 3)} = 1, '13800000000', w_mobile) as w_mobile,
                if(placeholder and {made.chance("filler", "row_no", 3)} = 2, 'xxx@xxx.com', w_email) as w_email
            )
            from written
        )
        select row_no, organisation, branch_of,
            if(w_contact is null, null, organisation || ':' || person) as contact, if(w_contact is null, null, person) as person,
            {", ".join(name for name in SHARES if name != "moved")}, is_mover as moved,
            -- the columns of company and person, or of person and mobile, exchanged
            case when swapped and {made.chance("swap", "row_no", 2)} = 0 then w_contact else w_company end as company_name,
            case when not swapped then w_contact when {made.chance("swap", "row_no", 2)} = 0 then w_company else w_mobile end as contact_name,
            {made.word("title", "person", TITLES)} as title,
            cast(null as varchar) as gender,
            case when swapped and {made.chance("swap", "row_no", 2)} = 1 then w_contact else w_mobile end as mobile,
            w_phone as phone, w_email as email, w_website as website,
            if(has_columns, if({made.happens("ps", "row_no", 0.3)}, province_short, province), null) as province,
            if(has_columns, city, null) as city, if(has_columns, county, null) as county,
            case {made.chance("af", "row_no", 3)} when 0 then city when 1 then province_short || if(city = province, '', city) else province || if(city = province, '', city) end
                || county || road as address,
            w_uscc as uscc
        from filled
        order by row_no"""


def main(
    out: Annotated[Path, typer.Argument(help="Folder for b2b_directory/*.parquet and truth.parquet; an inbox.")],
    rows: Annotated[int, typer.Option(help="Rows in all.")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 1,
    first: Annotated[int, typer.Option(help="Number of the first row: a later delivery of the same world.")] = 0,
    of: Annotated[int, typer.Option(help="Rows of the whole world; default first + rows.")] = 0,
) -> None:
    """Write the feed and its truth, and print how much of each dirt there is."""
    from ccdata_assets.project import load_project

    console = Console()
    with duckdb.connect() as con, console.status(f"inventing {rows:,} rows"):
        con.execute("set enable_progress_bar = false")
        write_synth(con, load_project().settings.dbt_dir, rows, seed, first, of)
        folder = out / "b2b_directory"
        folder.mkdir(parents=True, exist_ok=True)
        columns = ", ".join(f'"{name}" as "{header}"' for name, header in HEADERS.items())
        for number, start in enumerate(range(first, first + rows, ROWS_A_FILE)):
            con.execute(
                f"""copy (select {columns} from synth where row_no >= {start} and row_no < {start + ROWS_A_FILE} order by row_no)
                to {literal(str(folder / f"20260131-{number:04}.parquet"))} (format parquet)"""
            )
        con.execute(
            f"""copy (
                select row_no, printf('20260131-%04d.parquet', (row_no - {first}) // {ROWS_A_FILE}) as file,
                    (row_no - {first}) % {ROWS_A_FILE} + 1 as row, * exclude (row_no, {", ".join(HEADERS)}) from synth order by row_no
            ) to {literal(str(out / "truth.parquet"))} (format parquet)"""
        )
        found = measured(con)
    table = Table("what", "share", title=f"{rows:,} rows, seed {seed}")
    for name, share in found.items():
        table.add_row(name, f"{share:.2%}")
    console.print(table)


def measured(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Shares of rows, people and companies in the table `synth`, by what is asked of them."""
    shares = {
        "rows of a company seen before": "1 - count(distinct organisation) / count(*)",
        "rows of a person seen before": "1 - count(distinct contact) / count(contact)",
        **{name: f"avg({name}::int)" for name in SHARES if name != "moved"},
    }
    query = ", ".join(f"{expression}" for expression in shares.values())
    row = con.execute(f"select {query} from synth").fetchall()[0]
    found = dict(zip(shares, map(float, row), strict=True))
    found["people met in two companies"] = float(
        con.execute(
            """select count(*) filter (where n > 1) / count(*) from (select count(distinct organisation) as n from synth
            where person is not null group by person)"""
        ).fetchall()[0][0]
    )
    row = con.execute(
        """select avg(has_shared_switchboard::int), avg(is_namesake::int), avg((branch_of is not null)::int) from company"""
    ).fetchall()[0]
    return found | dict(zip(("companies with a shared switchboard", "companies with the name of another", "branches"), map(float, row), strict=True))  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
