"""Synthetic sample files of every feed but the call log, with the dirt of real ones; `python -m benchmarks.synthetic_feeds`
writes the sample's files again.

Nobody's data: companies, people and addresses are made up, mobiles lie in 1x0000xxxx blocks, landlines in 5550xxxx, mail and web
addresses in domains like ex--name.com, which are well formed and nobody can register: hyphens in third and fourth place are reserved (RFC 5890,
registry agreement of .com). Names under .example would be safe too, but the dictionaries rightly read them as placeholders. One small world is behind all files: the same companies, spelled differently, in the party feeds;
the agents, customers and call IDs of `synthetic_calls` in cases, orders, surveys, reviews and states. The same seed gives
the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import quopri
import random
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.styles import Font

from benchmarks.synthetic_calls import sample_calls
from benchmarks.synthetic_duty import Span, states

Cell = Any
Row = list[Cell]
Record = dict[str, Cell]

# --- forms of files ----------------------------------------------------------------------------------------------


def delimited(
    rows: Iterable[Sequence[Cell]], encoding: str = "utf-8-sig", delimiter: str = ",", newline: str = "\r\n"
) -> bytes:
    """A delimited file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows(rows)
    return text.getvalue().encode(encoding)


def table(records: Sequence[Record]) -> list[Row]:
    """Header and rows of records that have the same keys."""
    return [list(records[0]), *(list(record.values()) for record in records)]


def json_lines(records: Iterable[Record]) -> bytes:
    """One record a line."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: its name, rows, merged ranges, and number formats by column letter."""

    name: str
    rows: Sequence[Sequence[Cell]]
    merged: tuple[str, ...] = ()
    formats: tuple[tuple[str, str], ...] = ()


def workbook(*sheets: Sheet) -> bytes:
    """An XLSX file without anything of the moment it was written at."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for each in sheets:
        sheet = book.create_sheet(each.name)
        for row in each.rows:
            sheet.append(list(row))
        for place in each.merged:
            sheet.merge_cells(place)
            sheet[place.partition(":")[0]].font = Font(bold=True, size=14)
        for column, form in each.formats:
            for cell in sheet[column]:
                if isinstance(cell.value, (date, datetime, int, float)):
                    cell.number_format = form
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = parts["docProps/core.xml"].decode()
    parts["docProps/core.xml"] = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-11-01T00:00:00Z", core).encode()
    return zipped(parts)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP archive with one fixed time."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def gzipped(content: bytes) -> bytes:
    """A gzip file without a time."""
    return gzip.compress(content, mtime=0)


def parquet(records: Sequence[Record]) -> bytes:
    """A Parquet file with typed columns."""
    made = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), made, compression="snappy")
    return made.getvalue()


# --- the world ---------------------------------------------------------------------------------------------------

FIRST = {"岚": "lan", "曜": "yao", "澄": "cheng", "棠": "tang", "砺": "li", "沐": "mu", "翊": "yi", "霁": "ji", "漾": "yang", "稷": "ji", "筱": "xiao", "珩": "heng", "榆": "yu", "瀚": "han"}  # fmt: skip
SECOND = {"柏": "bai", "禾": "he", "砾": "li", "川": "chuan", "垣": "yuan", "舟": "zhou", "屿": "yu", "峤": "qiao", "泽": "ze", "宸": "chen", "桥": "qiao", "衡": "heng", "朔": "shuo", "菱": "ling"}  # fmt: skip
TRADITIONAL = str.maketrans(
    "业东丝丽乐云仑仓伟传余储兰兴冯冲减刘务区厂压号吴员园国场孙宁宝屿岗岚峤师广庆张强总晓术机杨杰栋样桥楼泽涛温灯点瓯电监砺砾禅红纺线组织经罗胶苏营萧装许调谢财货购贸赵车输运连邓郑采销镇长门阳陈霁静顺饰马黄龙",
    "業東絲麗樂雲侖倉偉傳餘儲蘭興馮衝減劉務區廠壓號吳員園國場孫寧寶嶼崗嵐嶠師廣慶張強總曉術機楊傑棟樣橋樓澤濤溫燈點甌電監礪礫禪紅紡線組織經羅膠蘇營蕭裝許調謝財貨購貿趙車輸運連鄧鄭採銷鎮長門陽陳霽靜順飾馬黃龍",
)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢许邓冯曹彭曾"
GIVEN = [
    "伟",
    "敏",
    "静",
    "强",
    "磊",
    "涛",
    "丽娟",
    "建国",
    "志强",
    "晓燕",
    "海霞",
    "玉兰",
    "文杰",
    "子涵",
    "欣怡",
    "俊杰",
    "红梅",
    "国庆",
    "晓东",
    "佳宁",
]
FEMALE = {"敏", "静", "丽娟", "晓燕", "海霞", "玉兰", "欣怡", "红梅", "佳宁"}
SEGMENTS = ("1380000", "1390000", "1360000", "1860000", "1590000", "1770000")
TITLES = ["总经理", "销售经理", "采购经理", "业务员", "厂长", "市场总监", "财务主管", "技术工程师"]


@dataclass(frozen=True)
class Place:
    """A city with what an address in it needs."""

    province: str
    city: str
    counties: tuple[str, ...]
    area_code: str
    postcode: str
    code: str


PLACES = (
    Place("广东省", "深圳市", ("南山区", "宝安区", "龙岗区"), "0755", "518000", "4403"),
    Place("广东省", "广州市", ("天河区", "番禺区", "白云区"), "020", "510000", "4401"),
    Place("广东省", "东莞市", ("长安镇", "虎门镇", "厚街镇"), "0769", "523000", "4419"),
    Place("广东省", "佛山市", ("顺德区", "南海区", "禅城区"), "0757", "528000", "4406"),
    Place("浙江省", "杭州市", ("余杭区", "萧山区", "西湖区"), "0571", "310000", "3301"),
    Place("浙江省", "宁波市", ("鄞州区", "北仑区", "慈溪市"), "0574", "315000", "3302"),
    Place("浙江省", "温州市", ("鹿城区", "瓯海区", "乐清市"), "0577", "325000", "3303"),
    Place("江苏省", "苏州市", ("昆山市", "吴中区", "常熟市"), "0512", "215000", "3205"),
    Place("上海市", "上海市", ("浦东新区", "松江区", "嘉定区"), "021", "200000", "3101"),
    Place("北京市", "北京市", ("海淀区", "朝阳区", "大兴区"), "010", "100000", "1101"),
)
WEIGHTS = (9, 7, 8, 6, 6, 5, 5, 6, 5, 3)
TRADES = {
    "电子": ("计算机、通信和其他电子设备制造业", "电子元器件、线路板的研发与销售", "连接器 线路板 传感器"),
    "五金": ("金属制品业", "五金制品、模具加工", "螺丝 冲压件 五金模具"),
    "塑胶": ("橡胶和塑料制品业", "塑胶制品生产、注塑加工", "注塑件 塑料包装"),
    "灯饰": ("电气机械和器材制造业", "LED灯具、照明工程", "吊灯 路灯 LED模组"),
    "纺织": ("纺织业", "针织面料、家用纺织品", "面料 毛巾 床品"),
    "机械": ("通用设备制造业", "自动化设备、机械零部件", "输送机 减速机"),
    "食品": ("食品制造业", "预包装食品生产与批发", "糕点 调味品"),
    "贸易": ("批发业", "国内贸易，货物及技术进出口", "日用百货 家居用品"),
    "物流": ("道路运输业", "普通货运、仓储服务", "整车运输 仓储"),
}


@dataclass(frozen=True)
class Person:
    """Somebody at a company."""

    name: str
    gender: str
    title: str
    mobile: str
    email: str


@dataclass(frozen=True)
class Company:
    """A made-up company as it really is; sources spell it as they like."""

    number: int
    place: Place
    brand: str
    pinyin: str
    trade: str
    form: str
    county: str
    street: str
    subscriber: str
    uscc: str
    employees: int
    founded: date
    people: tuple[Person, ...]

    @property
    def name(self) -> str:
        return f"{self.place.city}{self.brand}{self.trade}{self.form}"

    @property
    def phone(self) -> str:
        return f"{self.place.area_code}-{self.subscriber}"

    @property
    def address(self) -> str:
        return f"{self.county}{self.street}"

    @property
    def website(self) -> str:
        return f"www.{domain(self.pinyin, self.number)}"


def domain(pinyin: str, number: int) -> str:
    """A domain that is well formed and that nobody can have."""
    return f"ex--{pinyin}{number}.com"


USCC_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(region_code: str, serial: int) -> str:
    """A unified social credit code with a right check digit (GB 32100-2015)."""
    body = f"91{region_code}00MA{serial:07d}"
    body = body[:17]
    total = sum(USCC_DIGITS.index(digit) * pow(3, place, 31) for place, digit in enumerate(body))
    return body + USCC_DIGITS[-total % 31]


@cache
def companies() -> tuple[Company, ...]:
    """The companies of the world."""
    rng = random.Random(7)
    brands = rng.sample([(a + b, FIRST[a] + SECOND[b]) for a in FIRST for b in SECOND], 160)
    made = []
    for number, (brand, pinyin) in enumerate(brands):
        place = rng.choices(PLACES, WEIGHTS)[0]
        people = []
        for place_in_firm in range(rng.choice((1, 1, 2))):
            given = rng.choice(GIVEN)
            mobile = f"{rng.choice(SEGMENTS)}{number * 2 + place_in_firm:04d}"
            people.append(
                Person(
                    rng.choice(SURNAMES) + given,
                    "女" if given in FEMALE else "男",
                    rng.choice(TITLES),
                    mobile,
                    f"{'sales' if place_in_firm == 0 else 'info'}@{domain(pinyin, number)}",
                )
            )
        made.append(
            Company(
                number, place, brand, pinyin, rng.choice(list(TRADES)),
                rng.choices(("有限公司", "股份有限公司", "厂", "经营部"), (16, 2, 3, 1))[0],
                rng.choice(place.counties), f"样例{rng.choice('一二三四五六')}路{rng.randrange(1, 400)}号{rng.choice(('', 'A栋3楼', '工业园2栋', '501室'))}",
                f"5550{number:04d}", uscc(place.code, number + 1), rng.choice((8, 25, 60, 120, 350, 900)),
                date(1998, 1, 1) + timedelta(days=rng.randrange(9500)), tuple(people),
            )
        )  # fmt: skip
    return tuple(made)


def firms(seed: int, count: int, places: Sequence[str] = ()) -> list[tuple[Company, Person]]:
    """Companies as one source comes upon them, each with one of its people."""
    rng = random.Random(seed)
    known = [company for company in companies() if not places or company.place.province in places]
    return [(company, rng.choice(company.people)) for company in rng.sample(known, min(count, len(known)))]


def spelled(rng: random.Random, company: Company) -> str:
    """The company's name as some source writes it."""
    city = company.place.city.removesuffix("市")
    body = f"{company.brand}{company.trade}"
    way = rng.randrange(10)
    if way == 6:
        return f"{city}{body}{company.form}"
    if way == 7:
        return f"{body}（{city}）{company.form}"
    if way == 8:
        return f"{company.place.city} {body}{company.form} "
    if way == 9:
        return (
            f"{company.place.province}{company.name}" if company.place.province != company.place.city else company.name
        )
    return company.name


def wide(text: str) -> str:
    """The same digits and signs in full width."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def landline(rng: random.Random, company: Company) -> str:
    """The company's number as some source writes it."""
    code, own = company.place.area_code, company.subscriber
    forms = [
        company.phone, company.phone, company.phone, f"({code}){own}", f"（{code}）{own}", f"{code}{own}", f"{code} {own[:4]} {own[4:]}",
        f"+86-{code.lstrip('0')}-{own}", f"86-{code}-{own}", own, wide(company.phone), f"{company.phone}-80{rng.randrange(10)}",
        f"{company.phone}转{rng.randrange(100, 999)}", f"{company.phone}/{own[:7]}{(int(own[7]) + 1) % 10}",
    ]  # fmt: skip
    return rng.choice(forms)


def cellphone(rng: random.Random, number: str) -> str:
    """A mobile number as some source writes it."""
    forms = [
        number, number, number, number, f"{number[:3]} {number[3:7]} {number[7:]}", f"{number[:3]}-{number[3:7]}-{number[7:]}", f"+86{number}",
        f"86 {number}", wide(number), f"{number}(微信同号)", f"{number}、{SEGMENTS[1]}{int(number[7:]) + 5000:04d}",
    ]  # fmt: skip
    return rng.choice(forms)


def day_text(rng: random.Random, day: date) -> str:
    """A date as some source writes it."""
    return rng.choice(
        [
            f"{day:%Y-%m-%d}",
            f"{day:%Y-%m-%d}",
            f"{day:%Y/%m/%d}",
            f"{day.year}年{day.month}月{day.day}日",
            f"{day:%Y.%m.%d}",
        ]
    )


def some_day(rng: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def traditional(text: str) -> str:
    """The same text in traditional characters, as far as this world uses them."""
    return text.translate(TRADITIONAL)


STAFF = ("周文静", "林晓东", "何佳宁", "郭俊杰", "梁海霞")
"""The department's data specialists, who collect."""
UNITS = ("销售一部", "销售二部", "客户服务部", "市场部", "华南分公司")


@dataclass(frozen=True)
class Call:
    """What other feeds need of a call of the call log."""

    call_id: str
    customer: str
    kind: str
    business: str
    topic: str
    queue: str
    answered: datetime | None
    ended: datetime
    hold_s: int
    acw_s: int
    agent: str
    entered: datetime


@cache
def call_log() -> tuple[Call, ...]:
    """The calls of the call log's sample, without its faults."""
    made = []
    for row in sample_calls():
        answered = datetime.fromisoformat(row[11]) if row[11] else None
        made.append(
            Call(row[0], row[3], row[4], row[5], row[6], row[7], answered, datetime.fromisoformat(row[12]),
                 int(row[13] or 0), int(row[14] or 0), row[15], datetime.fromisoformat(row[8]))
        )  # fmt: skip
    return tuple(made)


def answered_calls(month: int, business: str = "") -> list[Call]:
    """Calls of one month that an agent answered, of one kind of business where it is given."""
    return [
        call
        for call in call_log()
        if call.answered and call.entered.month == month and call.business in (business or call.business)
    ]


def customer_mobile(customer: str) -> str:
    """The number of a customer of the call log."""
    return f"1370000{int(customer[1:]):04d}"


def customer_name(customer: str) -> str:
    rng = random.Random(customer)
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


AGENTS = tuple(f"A{number:03d}" for number in range(1, 31))
TEAMS = {agent: ("投诉组", "账务组", "综合组")[place % 3] for place, agent in enumerate(AGENTS)}


def agent_name(agent: str) -> str:
    rng = random.Random(f"agent {agent}")
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


# --- party feeds ---------------------------------------------------------------------------------------------------


def b2b_directory() -> Iterator[tuple[str, bytes]]:
    """A directory export in GB18030 under two title lines, a register's workbook of two provinces, a gzipped TSV."""
    rng = random.Random(11)
    rows = []
    for company, person in firms(11, 130) + firms(12, 100):
        rows.append({
            "公司名称": spelled(rng, company), "联系人": person.name, "称谓": "女士" if person.gender == "女" else "先生", "职位": person.title,
            "手机": cellphone(rng, person.mobile), "固定电话": landline(rng, company), "传真": rng.choice(["", company.phone, "-"]),
            "邮箱": rng.choice([person.email, person.email, "", "未公开"]), "公司主页": rng.choice([company.website, f"http://{company.website}/", ""]),
            "省份": rng.choice([company.place.province, company.place.province.removesuffix("省")]), "城市": rng.choice([company.place.city, company.place.city.removesuffix("市")]),
            "区县": rng.choice([company.county, ""]), "详细地址": rng.choice([company.address, company.place.province + company.place.city + company.address]),
            "邮编": company.place.postcode, "主营产品": TRADES[company.trade][2], "经营模式": rng.choice(["生产厂家", "经销批发", "贸易型"]),
            "公司规模": rng.choice([f"{company.employees}人", f"{company.employees // 2}-{company.employees}人", ""]), "来源网站": "1688.com", "采集人": rng.choice(STAFF),
            "采集日期": day_text(rng, some_day(rng, date(2026, 8, 20), date(2026, 9, 4))),
        })  # fmt: skip
    rows[14]["手机"] = rows[52]["手机"] = "1.38E+10"
    rows[20]["公司名称"] = rows[88]["公司名称"] = ""  # a required value is missing
    rows[31]["采集日期"] = "2026-13-45"
    rows[33]["称谓"] = "老板"
    rows[40].update({"手机": "-", "固定电话": "暂无", "邮箱": ""})
    rows[61]["邮箱"] = "sales#nowhere.example"
    rows[77]["公司名称"] = "厂"
    cells = table(rows)
    cells[101] = cells[101][:-2]  # a row with cells too few
    cells.insert(151, [""] * len(cells[0]))
    cells += [list(cells[6]), list(cells[7]), list(cells[9])]  # rows sent twice
    title = [["阿里巴巴企业名录导出（合成样例）"], ["导出时间：2026-09-05 08:30  条件：华南 华东 / 制造业"]]
    yield "1688企业名录_20260905.csv", delimited(title + cells, "gb18030")

    sheets = []
    for province in ("广东省", "浙江省"):
        header = ["企业名称", "登记状态", "法定代表人", "注册资本", "成立日期", "所属省份", "所属城市", "所属区县", "电话", "更多电话", "邮箱", "统一社会信用代码",
                  "企业(机构)类型", "国标行业大类", "参保人数", "企业注册地址", "网址", "经营范围"]  # fmt: skip
        body: list[Row] = []
        for company, person in firms(13, 70, [province]):
            body.append([
                company.name, rng.choices(["存续", "在业", "存续（在营、开业、在册）", "注销", "吊销，未注销"], (8, 6, 4, 1, 1))[0], company.people[0].name,
                f"{rng.choice((50, 100, 500, 1000))}万元人民币", company.founded, province, company.place.city, company.county, company.phone,
                rng.choice([person.mobile, f"{person.mobile}；{company.phone}", "-"]), rng.choice([person.email, "-"]), company.uscc,
                "有限责任公司(自然人投资或控股)", TRADES[company.trade][0], rng.choice([company.employees, 0, "-"]),
                company.place.province + company.place.city + company.address, rng.choice([company.website, "-"]), TRADES[company.trade][1],
            ])  # fmt: skip
        body[3][11] = "12345"  # no code
        body[5][1] = "状态不明"
        body[8][0] = None
        body.append(list(body[0]))
        body.insert(10, [None] * len(header))
        sheets.append(
            Sheet(
                province,
                [[f"企业信息查询结果 {province}（合成样例）"], header, *body],
                ("A1:R1",),
                (("E", "yyyy-mm-dd"),),
            )
        )
    yield "企业查询_20261012.xlsx", workbook(*sheets)

    rows = []
    for company, person in firms(14, 80):
        rows.append({
            "单位名称": spelled(rng, company), "联络人": person.name, "移动电话": cellphone(rng, person.mobile), "固话": landline(rng, company), "传真号码": "",
            "省/直辖市": company.place.province, "地级市": company.place.city, "通讯地址": company.address, "邮政编码": company.place.postcode,
            "主营": TRADES[company.trade][1], "规模": company.employees, "网站": company.website, "录入员": rng.choice(STAFF),
            "录入日期": f"{some_day(rng, date(2026, 10, 8), date(2026, 10, 19)):%Y%m%d}",
        })  # fmt: skip
    rows[5]["单位名称"] = ""
    rows[17]["移动电话"], rows[17]["固话"] = "", ""
    yield "慧聪网_20261020.tsv.gz", gzipped(delimited(table(rows), "utf-8", "\t", "\n"))


def web_search() -> Iterator[tuple[str, bytes]]:
    """JSON Lines of one search a line, and a document of pages with items."""
    rng = random.Random(21)
    rows = []
    for company, person in firms(21, 110):
        rows.append({
            "keyword": f"{company.place.city} {company.trade} 厂家", "company": spelled(rng, company), "contact": rng.choice([person.name, None, "-"]),
            "tel": landline(rng, company), "mobile": rng.choice([cellphone(rng, person.mobile), None]), "email": rng.choice([person.email, None]),
            "address": company.place.city + company.address, "province": company.place.province, "city": company.place.city, "website": company.website,
            "source": "search.example", "page url": f"https://search.example/c/{company.number}", "collected_by": rng.choice(STAFF),
            "crawled_at": f"2026-09-{rng.randrange(1, 18):02d}T{rng.randrange(8, 20):02d}:15:00",
        })  # fmt: skip
    rows[4]["company"] = None
    rows[30]["company"] = "司"
    rows[44].update({"tel": None, "mobile": None, "email": None})
    rows[51]["crawled_at"] = "yesterday"
    lines = json_lines(rows).decode().splitlines(keepends=True)
    lines[70] = lines[70][:60] + "\n"  # a broken line
    lines.append(lines[2])
    yield "web_search_20260918.jsonl", "".join(lines).encode()

    pages = []
    for number in range(6):
        items = []
        for company, person in firms(30 + number, 12):
            items.append({
                "title": spelled(rng, company), "contact_person": person.name, "phone": rng.choice([landline(rng, company), ""]), "cellphone": cellphone(rng, person.mobile),
                "email": rng.choices([person.email, "sales at nowhere"], (14, 1))[0], "region": company.place.province + company.place.city, "addr": company.address,
                "industry": TRADES[company.trade][0], "link": f"https://find.example/p{number}/{company.number}", "date collected": "2026-10-18",
            })  # fmt: skip
        pages.append({"page": number + 1, "items": items})
    pages[2]["items"][3]["title"] = ""  # type: ignore[index]
    document = {"query": {"words": "五金 厂家", "site": "find.example"}, "pages": pages}
    yield "web_search_20261018.json", json.dumps(document, ensure_ascii=False, indent=1).encode()


def provider_list() -> Iterator[tuple[str, bytes]]:
    """A Taiwanese directory in Big5, a carrier's list with | in GB18030, a provider's ZIP of two CSV."""
    rng = random.Random(41)
    rows: list[Record] = []
    for number, (company, person) in enumerate(firms(41, 60, ["广东省", "江苏省"]), start=1):
        rows.append({key: traditional(str(value)) for key, value in {
            "項次": number, "公司名稱": company.name, "統一編號": f"{10000000 + company.number}", "負責人": person.name, "職稱": person.title, "電話": company.phone,
            "手機": person.mobile, "傳真": rng.choice(["無", company.phone]), "電子郵件": person.email, "省份": company.place.province, "城市": company.place.city,
            "詳細地址": company.address, "主要產品": TRADES[company.trade][2].split()[0], "員工人數": company.employees, "資料日期": "2026/09/05",
        }.items()})  # fmt: skip
    for place, (phone, mobile) in enumerate(
        [("+886-2-55500001", "0900-000-001"), ("+852-5550-0002", "+852 5550 0003")]
    ):
        rows[place + 10].update({"電話": phone, "手機": mobile})
    rows[22]["公司名稱"] = ""
    cells = table(rows)
    cells[35] = cells[35][:-3]
    yield "東莞台商名錄_20260910.csv", delimited([["大陸台商名錄（合成樣例）", *[""] * 14], *cells], "big5")

    rows = []
    for number, (company, person) in enumerate(firms(42, 120), start=1):
        rows.append({
            "集团编码": f"GZ{number:06d}", "集团客户名称": spelled(rng, company), "联系人": person.name, "手机号码": cellphone(rng, person.mobile),
            "固定电话": rng.choice([landline(rng, company), ""]), "所属省份": company.place.province, "地市": company.place.city, "行业类别": TRADES[company.trade][0],
            "统一社会信用代码": rng.choice([company.uscc, company.uscc.lower(), ""]), "数据日期": "20261007",
        })  # fmt: skip
    rows[9]["统一社会信用代码"] = "91440300MA00000O0I"  # letters that no code has
    rows[18]["集团客户名称"] = ""
    rows[27]["手机号码"] = "1.39E+10"
    cells = table(rows)
    cells.append(["合计", f"{len(rows)}家"] + [""] * (len(cells[0]) - 2))
    yield "中国移动集团客户_20261008.txt", delimited(cells, "gb18030", "|")

    parts = {}
    for province in ("上海市", "江苏省"):
        rows = []
        for company, person in firms(43, 40, [province]):
            rows.append({
                "company": spelled(rng, company), "contact person": person.name, "gender": rng.choice(["M" if person.gender == "男" else "F", "Mr", "?"]),
                "job title": person.title, "mobile no.": cellphone(rng, person.mobile), "tel": landline(rng, company), "e-mail": person.email,
                "province": company.place.province, "city": company.place.city, "address": company.address, "zip": company.place.postcode,
            })  # fmt: skip
        parts[f"yibai_{'sh' if province == '上海市' else 'js'}.csv"] = delimited(table(rows))
    yield "易拜咨询_20261015.zip", zipped(parts)


def business_card() -> Iterator[tuple[str, bytes]]:
    """Cards scanned to vCard 2.1 in GBK, cards of phones in 3.0 and 4.0, and cards of a fair typed into a sheet."""
    rng = random.Random(51)

    def quoted(name: str, *values: str) -> str:
        encoded = ";".join(
            quopri.encodestring(value.encode("gbk"), quotetabs=False).decode().replace("=\n", "=\r\n")
            for value in values
        )
        return f"{name};CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:{encoded}"

    cards = []
    for company, person in firms(51, 40):
        cards.append([
            "BEGIN:VCARD", "VERSION:2.1", quoted("N", person.name[:1], person.name[1:]), quoted("FN", person.name), quoted("ORG", company.name),
            quoted("TITLE", person.title), f"TEL;CELL;VOICE:{person.mobile}", f"TEL;WORK;VOICE:{company.phone}", f"TEL;WORK;FAX:{company.phone}",
            quoted("ADR;WORK", "", "", company.address, company.place.city, company.place.province, company.place.postcode, "中国"),
            f"EMAIL;PREF;INTERNET:{person.email}", f"URL;WORK:http://{company.website}", "REV:20260922T030000Z", "END:VCARD",
        ])  # fmt: skip
    cards[7][2:5] = []  # a card that names nobody
    cards[12] = [line for line in cards[12] if not line.startswith(("TEL", "EMAIL"))]
    yield (
        "名片扫描_周文静_20260922.vcf",
        "".join(f"{line}\r\n" for card in [*cards, cards[3]] for line in card).encode("ascii"),
    )

    def folded(line: str) -> str:
        parts, part = [], ""
        for sign in line:
            if len((part + sign).encode()) > 73:
                parts.append(part)
                part = ""
            part += sign
        return "\r\n ".join([*parts, part])

    lines: list[str] = []
    for number, (company, person) in enumerate(firms(52, 24)):
        four = number % 3 == 2
        number_lines = (
            [
                f'TEL;VALUE=uri;TYPE="cell,voice":tel:+86-{person.mobile}',
                f"TEL;VALUE=uri;TYPE=work:tel:+86-{company.phone.lstrip('0')}",
            ]
            if four
            else [f"TEL;TYPE=CELL,VOICE:{person.mobile}", f"TEL;TYPE=WORK,VOICE:{company.phone}"]
        )
        lines += [
            "BEGIN:VCARD", f"VERSION:{'4.0' if four else '3.0'}", f"N:{person.name[:1]};{person.name[1:]};;;", f"FN:{person.name}",
            f"ORG:{company.name};销售部", f"TITLE:{person.title}", *number_lines, f"EMAIL;TYPE=INTERNET:{person.email}",
            f"ADR;TYPE=WORK:;;{company.address};{company.place.city};{company.place.province};{company.place.postcode};中国",
            f"URL:https://{company.website}", f"NOTE:展会上认识\\, 对{company.trade}有兴趣\\n待跟进", "END:VCARD",
        ]  # fmt: skip
    yield "cards_20261025.vcf", "".join(f"{folded(line)}\r\n" for line in lines).encode()

    header = [
        "序号",
        "姓名",
        "公司",
        "部门",
        "职位",
        "手机",
        "办公电话",
        "E-mail",
        "地址",
        "微信号",
        "归属部门",
        "采集人",
        "交换日期",
        "备注",
    ]
    body: list[Row] = []
    for number, (company, person) in enumerate(firms(53, 50), start=1):
        day = some_day(rng, date(2026, 10, 10), date(2026, 10, 14))
        body.append([
            number, person.name, spelled(rng, company), rng.choice(["销售部", "采购部", ""]), person.title, rng.choice([int(person.mobile), person.mobile]),
            landline(rng, company), person.email, company.place.province + company.place.city + company.address, rng.choice([f"wx_{company.pinyin}", None]),
            rng.choice(UNITS), rng.choice(STAFF), rng.choice([day, day_text(rng, day)]), rng.choice([None, "展位A12", "要报价"]),
        ])  # fmt: skip
    body[6][1] = body[6][2] = None
    body[9][12] = "上周五"
    body[13][5] = body[13][6] = body[13][7] = body[13][9] = None
    body.append(["合计", f"{len(body)}张", *[None] * 12])
    rows_ = [["2026秋季展会名片汇总（合成样例）"], header, *body]
    yield "展会名片_20261016.xlsx", workbook(Sheet("名片", rows_, ("A1:N1",), (("M", "yyyy/m/d"), ("F", "0"))))


def customer_form() -> Iterator[tuple[str, bytes]]:
    """Forms of two units, a sheet each, under a title and a note; and a web form's export with semicolons."""
    rng = random.Random(61)
    sheets = []
    for unit, seed in (("销售一部", 61), ("客户服务部", 62)):
        header = [
            "序号",
            "客户名称",
            "联系人",
            "性别",
            "联系手机",
            "其他联系方式",
            "客户需求",
            "接待人",
            "登记日期",
            "备注",
        ]
        body: list[Row] = []
        for number, (company, person) in enumerate(firms(seed, 45), start=1):
            day = some_day(rng, date(2026, 9, 1), date(2026, 9, 29))
            body.append([
                number, rng.choice([spelled(rng, company), spelled(rng, company), "个人"]), person.name, person.gender, cellphone(rng, person.mobile),
                rng.choice([landline(rng, company), f"QQ {10000 + company.number}", None]), rng.choice(["了解套餐价格", "宽带报装", "开票问题", "合作咨询", None]),
                agent_name(rng.choice(AGENTS)), rng.choice([day, day_text(rng, day)]), None,
            ])  # fmt: skip
        body[4][1] = body[4][2] = None
        body[11][8] = "9月31日"
        body[20][3] = "不男不女" if unit == "销售一部" else "保密"
        body[21][4], body[21][5] = "1.37E+10", None
        body.insert(15, [None] * 10)
        body.append(list(body[2]))
        rows = [[f"{unit}客户登记表（合成样例）"], [f"填报部门：{unit}    填报月份：2026年9月"], header, *body]
        sheets.append(Sheet(unit, rows, ("A1:J1", "A2:J2"), (("I", "yyyy-mm-dd"),)))
    yield "客户登记表_20260930.xlsx", workbook(*sheets)

    rows_: list[Record] = []
    for number, (company, person) in enumerate(firms(63, 70), start=1):
        rows_.append({
            "Submission ID": f"W{number:05d}", "Company": rng.choice([spelled(rng, company), ""]), "Full name": person.name, "Mobile number": cellphone(rng, person.mobile),
            "Work email": rng.choice([person.email, ""]), "Message": rng.choice(["请联系我；谢谢", "想了解「企业云盘」", "price list please"]),
            "Business unit": rng.choice(UNITS), "Submitted at": f"2026-10-{rng.randrange(1, 28):02d} {rng.randrange(8, 22):02d}:05:00",
        })  # fmt: skip
    rows_[8].update({"Company": "", "Full name": ""})
    rows_[15]["Submitted at"] = "28/10/26"
    rows_[33].update({"Mobile number": "", "Work email": ""})
    yield "web_form_20261028.csv", delimited(table(rows_), "utf-8", ";", "\n")


def crm_contact() -> Iterator[tuple[str, bytes]]:
    """A table of Excel's «Unicode text» (UTF-16, tabs), then a typed Parquet export in English that holds changes too."""
    rng = random.Random(71)
    known = firms(71, 120)
    rows: list[Record] = []
    for number, (company, person) in enumerate(known, start=1):
        rows.append({
            "联系人编号": f"CT{number:06d}", "姓名": person.name, "性别": person.gender, "职务": person.title, "客户名称": company.name, "所属客户编号": f"AC{company.number + 1:06d}",
            "手机": person.mobile, "办公电话": rng.choice([landline(rng, company), ""]), "电子邮件": person.email, "微信号": rng.choice(["", f"wx_{company.pinyin}"]),
            "所有人": agent_name(rng.choice(AGENTS)), "归属部门": rng.choice(UNITS), "联系人状态": rng.choice(["潜在客户", "跟进中", "合作中", "休眠", "流失"]),
            "创建时间": f"2025-{rng.randrange(1, 13):02d}-10 09:00", "最后修改时间": f"2026-09-{rng.randrange(1, 30):02d} {rng.randrange(8, 19):02d}:30:00",
        })  # fmt: skip
    rows[5]["联系人编号"] = ""
    rows[16].update({"姓名": "", "客户名称": ""})
    rows[24]["联系人状态"] = "待观察"
    rows[36].update({"手机": "", "办公电话": "", "电子邮件": "", "微信号": ""})
    rows[47]["最后修改时间"] = "2024-01-01 00:00:00"
    yield "CRM联系人_20260930.txt", delimited(table(rows), "utf-16", "\t")

    typed: list[Record] = []
    for number, (company, person) in enumerate(known + firms(72, 30), start=1):
        if number <= 80:
            continue
        typed.append({
            "Contact ID": f"CT{number:06d}", "Last Name": person.name[:1], "First Name": person.name[1:], "Title": person.title, "Account Name": company.name,
            "Account ID": f"AC{company.number + 1:06d}", "Mobile Phone": person.mobile if number % 7 else f"+86 {person.mobile}", "Business Phone": company.phone,
            "Email": person.email if number % 9 else None, "Mailing City": company.place.city, "Mailing State": company.place.province,
            "Contact Owner": agent_name(rng.choice(AGENTS)), "Contact Status": rng.choice(["active", "prospect", "inactive"]), "Created Date": date(2025, 6, 1),
            "Last Modified Date": datetime(2026, 10, rng.randrange(1, 31), 2, 15, tzinfo=timezone.utc),
        })  # fmt: skip
    typed[3]["Last Name"] = typed[3]["First Name"] = typed[3]["Account Name"] = None
    yield "crm_contacts_20261031.parquet", parquet(typed)


def crm_account() -> Iterator[tuple[str, bytes]]:
    """The accounts of an English CRM as CSV, and gzipped JSON Lines of what changed since."""
    rng = random.Random(81)
    known = firms(81, 110)

    def account(company: Company, person: Person, month: int) -> Record:
        return {
            "Account ID": f"AC{company.number + 1:06d}", "Account Name": spelled(rng, company), "Type": rng.choice(["企业客户", "渠道客户"]), "Industry": TRADES[company.trade][0],
            "Phone": landline(rng, company), "Fax": "", "Website": company.website, "Billing State/Province": company.place.province, "Billing City": company.place.city,
            "Billing Street": company.address, "Billing Zip/Postal Code": company.place.postcode, "Tax ID": company.uscc, "Number of Employees": company.employees,
            "Primary Contact": person.name, "Account Owner": agent_name(rng.choice(AGENTS)), "Account Status": rng.choice(["Customer", "Prospect", "Inactive", "Lost"]),
            "Created Date": "2025-03-01", "Last Modified Date": f"2026-{month:02d}-{rng.randrange(1, 30):02d}T10:00:00Z",
        }  # fmt: skip

    rows = [account(company, person, 9) for company, person in known]
    rows[6]["Account Name"] = ""
    rows[13]["Account ID"] = ""
    rows[21]["Tax ID"] = "N/A"
    rows[34]["Account Status"] = "Zombie"
    cells = table(rows)
    cells.append(list(cells[5]))
    yield "accounts_20260930.csv", delimited(cells, "utf-8", ",", "\n")
    changed = [account(company, person, 10) for company, person in known[60:] + firms(82, 15)]
    yield "accounts_20261031.jsonl.gz", gzipped(json_lines(changed))


# --- the call centre -----------------------------------------------------------------------------------------------


def case_log() -> Iterator[tuple[str, bytes]]:
    """Cases of complaints and objections: September as CSV in GB18030, October as a workbook that brings some up to date."""
    rng = random.Random(91)
    states = ["已解决", "已关闭", "处理中", "待客户回复"]
    people = {"投诉": ["不满", "愤怒", "焦急"], "账单": ["平静", "不满"]}

    def case(number: int, call: Call, status: str) -> Record:
        opened = call.ended + timedelta(seconds=60)
        resolved = opened + timedelta(hours=rng.choice([1, 4, 20, 50, 96]), minutes=rng.randrange(60))
        done = status in ("已解决", "已关闭")
        again = f"C{call.call_id[1:5]}{(int(call.call_id[5:]) % 900) + 1:06d}"
        return {
            "工单编号": f"GD{call.entered:%y%m}{number:05d}", "关联通话编号": rng.choice([call.call_id, call.call_id, f"{call.call_id};{again}"]), "受理渠道": "电话",
            "客户号码": call.customer, "客户等级": call.kind, "客户姓名": customer_name(call.customer), "联系电话": customer_mobile(call.customer), "业务类型": call.business,
            "问题类型": call.topic, "复杂程度": rng.choice(["简单", "一般", "复杂", "疑难"]), "客户情绪": rng.choice(people.get(call.business, ["平静"])),
            "紧急程度": rng.choice(["普通", "高", "紧急"]), "问题描述": rng.choice(["客户反映扣费与账单不符", "客户对服务态度不满，要求回复", "多次反映网络慢"]), "受理时间": stamp(opened),
            "要求完成时间": stamp(opened + timedelta(hours=48)), "解决时间": stamp(resolved) if done else "", "关闭时间": stamp(resolved + timedelta(hours=2)) if status == "已关闭" else "",
            "工单状态": status, "是否解决": "是" if done else "否", "受理坐席": call.agent, "处理部门": rng.choice(["投诉组", "网络部", "账务中心"]),
        }  # fmt: skip

    source = [call for call in answered_calls(9) if call.business in people][:130]
    september = [
        case(number, call, rng.choices(states, (6, 6, 2, 1))[0]) for number, call in enumerate(source, start=1)
    ]
    waiting = [
        (number, call)
        for number, (call, row) in enumerate(zip(source, september, strict=True), start=1)
        if row["工单状态"] == "处理中"
    ]
    september[8]["工单编号"] = ""
    september[19]["解决时间"] = "2026-01-01 00:00:00"
    september[30]["工单状态"] = "神秘状态"
    september[41]["受理时间"] = "昨天下午"
    september[52].update({"工单状态": "已关闭", "解决时间": "", "关闭时间": ""})
    cells = table(september)
    cells.append(list(cells[3]))
    cells[70] = cells[70][:-4]
    yield "工单_20260930.csv", delimited(cells, "gb18030")

    october = [case(number, call, "已关闭") for number, call in waiting]
    fresh = [call for call in answered_calls(10) if call.business in people][:120]
    october += [case(number, call, rng.choices(states, (6, 6, 2, 1))[0]) for number, call in enumerate(fresh, start=1)]
    for row in october:  # a workbook keeps times as times
        for name in ("受理时间", "解决时间", "关闭时间"):
            row[name] = datetime.fromisoformat(row[name]) if row[name] else None
    body = table(october)
    body[40][13] = None
    total = [f"共{len(october)}条记录", *[None] * (len(body[0]) - 1)]
    times = tuple((column, "yyyy-mm-dd hh:mm:ss") for column in ("N", "P", "Q"))
    yield (
        "工单_20261031.xlsx",
        workbook(Sheet("工单", [["2026年10月工单明细（合成样例）"], *body, total], ("A1:U1",), times)),
    )


PRODUCTS = {"千兆宽带": 1200, "企业云盘": 2980, "固话包年": 660, "云视频会议": 3600, "5G畅享套餐": 199}


def order_log() -> Iterator[tuple[str, bytes]]:
    """Orders taken on calls: semicolons with a totals row, and a JSON document of later ones."""
    rng = random.Random(101)

    def order(number: int, call: Call) -> Record:
        product = rng.choice(list(PRODUCTS))
        quantity = rng.choice([1, 1, 1, 2, 5])
        return {
            "订单号": f"SO{call.entered:%y%m}{number:05d}", "通话编号": call.call_id, "客户号码": call.customer, "客户姓名": customer_name(call.customer), "手机号码": customer_mobile(call.customer),
            "产品名称": product, "数量": quantity, "单价(元)": f"{PRODUCTS[product]:,.2f}", "订单金额(元)": f"{PRODUCTS[product] * quantity:,.2f}",
            "下单时间": stamp(call.ended), "订单状态": rng.choice(["已完成", "待付款", "已付款", "已取消", "退订", "开通中"]), "受理工号": call.agent,
        }  # fmt: skip

    source = answered_calls(10, "业务办理")
    rows = [order(number, call) for number, call in enumerate(source[:130], start=1)]
    rows[7]["订单号"] = ""
    rows[18]["订单金额(元)"] = "-100.00"
    rows[29]["订单状态"] = "飞走了"
    rows[40]["订单金额(元)"] = "面议"
    rows[51]["数量"] = "3"  # the amount no longer agrees
    cells = table(rows)
    amounts = [str(row["订单金额(元)"]).replace(",", "") for row in rows]
    total = sum(float(amount) for amount in amounts if amount != "面议")
    cells += [list(cells[11]), ["合计", "", "", "", "", "", "", "", f"{total:,.2f}", "", "", ""]]
    yield "订单_20261031.csv", delimited(cells, "utf-8", ";")

    items = []
    for number, call in enumerate(source[130:170], start=131):
        row = order(number, call)
        items.append({
            "order_id": row["订单号"], "call_id": call.call_id, "customer_no": call.customer, "product": row["产品名称"], "qty": row["数量"],
            "unit_price": PRODUCTS[row["产品名称"]], "amount": PRODUCTS[row["产品名称"]] * row["数量"], "order_date": call.ended.isoformat() + "+08:00",
            "order_status": rng.choice(["paid", "completed", "refunded"]), "agent_id": call.agent,
        })  # fmt: skip
    document = {"exported_at": "2026-11-02T08:00:00+08:00", "data": {"orders": items}}
    yield "orders_20261102.json", json.dumps(document, ensure_ascii=False).encode()


def agent_roster() -> Iterator[tuple[str, bytes]]:
    """The roster of September as CSV with a mark, that of October as a workbook with dates as numbers."""
    rng = random.Random(111)
    hired = {agent: date(2022, 1, 1) + timedelta(days=rng.randrange(1600)) for agent in (*AGENTS, "A031", "A032")}
    rows: list[Record] = []
    for agent, day in hired.items():
        gone = {"A031": "2026-08-15", "A032": "2026-08-31"}.get(agent, "")
        rows.append({
            "坐席工号": agent, "姓名": agent_name(agent), "性别": rng.choice(["男", "女"]), "班组": TEAMS.get(agent, "综合组"), "职场": rng.choice(["深圳职场", "武汉职场"]),
            "班组长": agent_name(AGENTS[("投诉组", "账务组", "综合组").index(TEAMS.get(agent, "综合组"))]), "技能": rng.choice(["账单;投诉", "业务办理", "咨询;账单"]),
            "坐席等级": rng.choice(["一星", "二星", "三星"]), "用工形式": rng.choice(["正式", "派遣", "外包", "实习"]), "分机号": 8000 + int(agent[1:]),
            "入职日期": day_text(rng, day), "离职日期": gone, "在职状态": "离职" if gone else "在职",
        })  # fmt: skip
    rows[9]["用工形式"] = "神秘员工"
    rows[31]["离职日期"] = ""
    yield "坐席花名册_20260901.csv", delimited(table(rows))

    header = ["员工编号", "员工姓名", "所属班组", "职场", "用工类型", "入职时间", "离职时间", "员工状态", "联系电话"]
    body: list[Row] = []
    for place, (agent, day) in enumerate(hired.items()):
        left: Cell = {"A031": date(2026, 8, 15), "A032": date(2026, 8, 31), "A030": date(2026, 10, 25)}.get(agent)
        body.append([agent, agent_name(agent), TEAMS.get(agent, "综合组"), "深圳职场", rng.choice(["正式", "派遣"]), (day - date(1899, 12, 30)).days, left,
                     "离职" if left else "在职", f"1330000{place:04d}"])  # fmt: skip
    body[12][0] = None
    body[20][6] = date(2019, 1, 1)  # left before being hired
    body.append(["A033", "新员工一", "账务组", "深圳职场", "实习", date(2026, 10, 12), None, "在职", "13300000033"])
    body.append(["合计", f"{len(body)}人", *[None] * 7])
    yield (
        "坐席花名册_20261031.xlsx",
        workbook(
            Sheet(
                "花名册",
                [["呼叫中心坐席花名册（合成样例）"], header, *body],
                ("A1:I1",),
                (("F", "yyyy/m/d"), ("G", "yyyy/m/d")),
            ),
            Sheet("说明", [["本表由人力专员每月末更新"]]),
        ),
    )


CAMPAIGNS: dict[str, tuple[str, str, str, int, float, date, date | None]] = {
    "P2605A": ("存量客户关怀", "5G畅享套餐", "存量客户", 2000, 18000, date(2026, 5, 6), date(2026, 6, 30)),
    "P2607A": ("固话包年续费", "固话包年", "到期客户", 1500, 12600, date(2026, 7, 1), date(2026, 8, 15)),
    "P2609A": ("千兆宽带升级", "千兆宽带", "存量客户", 3000, 32500, date(2026, 9, 1), date(2026, 10, 31)),
    "P2609B": ("企业云盘推广", "企业云盘", "企业名录", 1200, 21800, date(2026, 9, 10), date(2026, 11, 30)),
    "P2610A": ("云视频会议邀约", "云视频会议", "数据提供商", 800, 16400, date(2026, 10, 8), date(2026, 12, 31)),
    "P2610B": ("老客户续约", "5G畅享套餐", "存量客户", 2500, 24000, date(2026, 10, 10), None),
}


def campaign_list() -> Iterator[tuple[str, bytes]]:
    """A workbook with cost under a row of units and a totals row; one line a number of campaigns."""
    header = [
        "项目编号",
        "项目名称",
        "产品",
        "主办部门",
        "项目经理",
        "名单来源",
        "名单量",
        "预算",
        "成本",
        "最大拨打次数",
        "开始日期",
        "结束日期",
    ]
    units = ["", "", "", "", "", "", "(条)", "(元)", "(元)", "(次)", "", ""]
    body: list[Row] = []
    for place, (code, (name, product, source, size, cost, first, last)) in enumerate(CAMPAIGNS.items()):
        body.append(
            [
                code,
                name,
                product,
                UNITS[place % 5],
                STAFF[place % 5],
                source,
                size,
                cost * 1.1,
                cost,
                3,
                first,
                last or "长期",
            ]
        )
    body.append(
        [
            "P2611X",
            "结束早于开始的项目",
            "固话包年",
            "市场部",
            "何佳宁",
            "到期客户",
            500,
            5000,
            4000,
            3,
            date(2026, 11, 1),
            date(2026, 10, 1),
        ]
    )
    body.append(
        [None, "缺编号的项目", "固话包年", "市场部", "何佳宁", "到期客户", 500, 5000, 4000, 3, date(2026, 11, 1), None]
    )
    body.append(
        ["P2611Y", "空名单项目", "企业云盘", "市场部", "林晓东", "企业名录", 0, 0, 0, 3, date(2026, 11, 2), None]
    )
    body.append(
        [
            "合计",
            "",
            "",
            "",
            "",
            "",
            sum(row[6] for row in body),
            sum(row[7] for row in body),
            sum(row[8] for row in body),
        ]
    )
    sheet = Sheet(
        "项目",
        [["2026年外呼项目一览（合成样例）"], header, units, *body],
        ("A1:L1",),
        (("K", "yyyy-mm-dd"), ("L", "yyyy-mm-dd")),
    )
    yield "外呼项目_20261101.xlsx", workbook(sheet)


def _states(month: int) -> list[Span]:
    """What the agents of the desk did in the shifts that began in a month."""
    return [one for one in _all_states() if one.start.month == month]


@cache
def _all_states() -> tuple[Span, ...]:
    return tuple(states(sample_calls()))


def agent_state_log() -> Iterator[tuple[str, bytes]]:
    """The states of September as gzipped CSV with Chinese headers, those of October as Parquet with English ones."""
    rows: list[Record] = [
        {"日期": f"{start:%Y-%m-%d}", "坐席工号": agent, "班组": TEAMS[agent], "坐席状态": state, "状态原因": reason, "开始时间": stamp(start), "结束时间": stamp(end),
         "时长(秒)": int((end - start).total_seconds())}
        for agent, state, reason, start, end in _states(9)
    ]  # fmt: skip
    rows[10]["坐席状态"] = "发呆"
    rows[25]["结束时间"] = ""
    rows[48]["结束时间"] = "2026-08-31 00:00:00"
    rows[77]["时长(秒)"] = 999999
    rows[90]["坐席工号"] = ""
    cells = table(rows)
    cells += [list(cells[3]), list(cells[4])]
    yield "坐席状态_20260930.csv.gz", gzipped(delimited(cells, "gb18030"))

    english = {
        "签入": "login",
        "空闲": "available",
        "小休": "break",
        "通话": "talking",
        "保持": "hold",
        "话后处理": "wrap-up",
        "培训": "training",
    }
    typed = [
        {
            "agent_id": agent,
            "team": TEAMS[agent],
            "state": english[state],
            "reason code": reason or None,
            "start_time": start,
            "end_time": end,
            "duration": int((end - start).total_seconds()),
        }
        for agent, state, reason, start, end in _states(10)
    ]
    yield "agent_state_20261031.parquet", parquet(typed)


def survey_log() -> Iterator[tuple[str, bytes]]:
    """Points with their scale as JSON Lines, words and points of the keypad as CSV with a mark."""
    rng = random.Random(121)
    rows: list[Record] = []
    for number, call in enumerate(rng.sample(answered_calls(9), 160), start=1):
        scale = rng.choice([5, 5, 5, 10])
        rows.append({
            "survey_id": f"S2609{number:05d}", "call_id": call.call_id, "customer_no": call.customer, "agent_id": call.agent, "survey channel": "sms" if scale == 10 else "ivr",
            "score": max(0 if scale == 10 else 1, scale - int(rng.expovariate(0.9))), "scale": scale, "resolved": rng.choice(["yes", "yes", "no"]),
            "comments": rng.choice([None, None, "等太久了", "服务很好", "问题没解决"]), "submitted_at": (call.ended + timedelta(minutes=rng.randrange(1, 90))).isoformat(),
        })  # fmt: skip
        rows[-1]["is_resolved"] = rows[-1].pop("resolved")
    rows[12]["score"] = 7 if rows[12]["scale"] == 5 else 17
    rows[23]["score"] = None
    rows[34]["survey channel"] = "pigeon"
    rows[45]["call_id"] = None
    yield "survey_20260930.jsonl", json_lines([*rows, rows[3]])

    cells_: list[Record] = []
    words = {5: "非常满意", 4: "满意", 3: "一般", 2: "不满意", 1: "非常不满意"}
    for number, call in enumerate(sorted(rng.sample(answered_calls(10), 170), key=lambda call: call.call_id), start=1):
        points = max(1, 5 - int(rng.expovariate(0.9)))
        cells_.append({
            "评价编号": f"S2610{number:05d}", "通话编号": call.call_id, "客户号码": call.customer, "坐席工号": call.agent, "评价方式": rng.choice(["语音按键", "短信"]),
            "满意度评价": words[points], "评分": rng.choice([points, points, ""]), "满分": 5, "是否解决": rng.choice(["是", "否"]), "评价内容": rng.choice(["", "", "态度好", "解决太慢"]),
            "评价时间": stamp(call.ended + timedelta(minutes=1)),
        })  # fmt: skip
    cells_[7].update({"满意度评价": "非常满意", "评分": 1})
    cells_[18].update({"满意度评价": "未评价", "评分": ""})
    cells_[29].update({"满意度评价": "还凑合", "评分": ""})
    cells_[40]["评价时间"] = "0000-00-00"
    yield "满意度_20261031.csv", delimited(table(cells_))


FAULTS = ["未使用规范开场白", "未核对客户身份", "业务解答错误", "语气生硬", "未记录工单", "超时未响应"]


def quality_review_log() -> Iterator[tuple[str, bytes]]:
    """Reviews of two months, a sheet each, under a merged title."""
    rng = random.Random(131)
    header = [
        "质检编号",
        "录音编号",
        "被检坐席",
        "班组",
        "质检员",
        "质检日期",
        "质检得分",
        "满分",
        "扣分项",
        "是否致命",
        "是否合格",
        "质检评语",
    ]
    sheets = []
    for month in (9, 10):
        body: list[Row] = []
        for number, call in enumerate(
            sorted(rng.sample(answered_calls(month), 75), key=lambda call: call.call_id), start=1
        ):
            found = rng.sample(FAULTS, rng.choices([0, 1, 2, 3], (5, 3, 2, 1))[0])
            score = 100 - 7 * len(found) - rng.randrange(4)
            body.append([
                f"QA26{month:02d}{number:04d}", call.call_id, call.agent, TEAMS[call.agent], f"QC{rng.randrange(1, 5):02d}", call.entered.date() + timedelta(days=rng.randrange(1, 3)), score,
                100, "；".join(found) or "无", "是" if "未核对客户身份" in found and score < 85 else "否", "是" if score >= 80 else "否", None,
            ])  # fmt: skip
        body[5][6] = 120
        body[11][1] = None
        body[17][6] = "优秀"
        body[23][9], body[23][8] = "是", "无"
        body[29][4] = body[29][2]
        average = round(sum(row[6] for row in body if isinstance(row[6], int)) / len(body), 2)
        body.append(["合计", f"{len(body)}条", *[None] * 4, average])
        sheets.append(
            Sheet(
                f"{month}月",
                [[f"2026年{month}月录音质检明细（合成样例）"], header, *body],
                ("A1:L1",),
                (("F", "yyyy-mm-dd"),),
            )
        )
    yield "质检_20261031.xlsx", workbook(*sheets)


def outbound_log() -> Iterator[tuple[str, bytes]]:
    """Dials of two campaigns each in September (typed Parquet, English) and October (CSV in GB18030)."""
    reasons = ["不需要", "价格高", "已有同类产品", "对公司不信任", "正忙"]
    results = {
        "无人接听": 30,
        "占线": 6,
        "关机": 6,
        "空号": 5,
        "非本人": 3,
        "拒绝": 34,
        "预约回访": 9,
        "成功": 5,
        "要求勿扰": 2,
    }
    english = {"无人接听": "no answer", "占线": "busy", "关机": "switched off", "空号": "vacant number", "非本人": "wrong person", "拒绝": "refused", "预约回访": "callback", "成功": "sale", "要求勿扰": "do not call"}  # fmt: skip

    def dials(seed: int, month: int, codes: Sequence[str], count: int) -> Iterator[Record]:
        rng = random.Random(seed)
        attempt: dict[str, int] = {}
        moment = datetime(2026, month, 10 if month == 10 else 1, 9)
        for _ in range(count):
            moment += timedelta(minutes=rng.randrange(1, 40))
            if moment.hour >= 20:
                moment = moment.replace(hour=9, minute=rng.randrange(60)) + timedelta(days=1)
            customer = f"K{rng.randrange(400):05d}"
            attempt[customer] = attempt.get(customer, 0) + 1
            result = rng.choices(list(results), list(results.values()))[0]
            talked = (
                0
                if result in ("无人接听", "占线", "关机", "空号")
                else rng.randrange(8, 60 if result != "成功" else 400)
            )
            code = rng.choice(codes)
            own = random.Random(customer)
            place = own.choices(PLACES, WEIGHTS)[0]
            yield {
                "code": code, "list": f"{code}-L{rng.randrange(1, 4)}", "source": CAMPAIGNS[code][2], "product": CAMPAIGNS[code][1], "customer": customer, "mobile": customer_mobile(customer),
                "attempt": attempt[customer], "at": moment, "result": result, "talked": talked, "amount": PRODUCTS[CAMPAIGNS[code][1]] if result == "成功" else None,
                "reason": rng.choice(reasons) if result == "拒绝" else None, "gender": own.choice(["男", "女"]), "age": own.randrange(19, 71), "spend": own.choice([39, 89, 158, 299, 588]),
                "province": place.province, "city": place.city, "agent": rng.choice(AGENTS),
            }  # fmt: skip

    typed = [
        {"campaign id": row["code"], "list id": row["list"], "lead source": row["source"], "product": row["product"], "customer id": row["customer"], "mobile number": row["mobile"],
         "attempt no": row["attempt"], "dial time": row["at"], "disposition": english[row["result"]], "talk time": row["talked"], "sale amount": row["amount"], "refusal reason": row["reason"],
         "gender": "M" if row["gender"] == "男" else "F", "age": row["age"], "monthly spend": row["spend"], "region": row["province"], "agent id": row["agent"]}
        for row in dials(141, 9, ["P2609A", "P2609B"], 220)
    ]  # fmt: skip
    yield "dials_20260930.parquet", parquet(typed)

    rows: list[Record] = [
        {"项目编号": row["code"], "名单批次": row["list"], "名单来源": row["source"], "产品": row["product"], "客户编号": row["customer"], "被叫号码": row["mobile"], "拨打次序": row["attempt"],
         "拨打时间": stamp(row["at"]), "外呼结果": row["result"], "通话时长": row["talked"], "成交金额(元)": row["amount"] or "", "拒绝原因": row["reason"] or "", "客户性别": row["gender"],
         "客户年龄": row["age"], "月均消费(元)": row["spend"], "省份": row["province"], "城市": row["city"], "坐席工号": row["agent"]}
        for row in dials(142, 10, ["P2610A", "P2610B", "P2609B"], 400)
    ]  # fmt: skip
    rows[15]["外呼结果"] = "机器人说不清"
    rows[30]["拨打时间"] = "########"
    rows[45]["被叫号码"] = "1.37E+10"
    rows[60].update({"外呼结果": "成功", "通话时长": 0, "成交金额(元)": 199})
    rows[75].update({"外呼结果": "拒绝", "拒绝原因": "", "通话时长": 20})
    rows[90]["客户年龄"] = 230
    rows[105]["被叫号码"] = wide(str(rows[105]["被叫号码"]))
    rows[120].update({"外呼结果": "成功", "成交金额(元)": "-50", "通话时长": 90})
    rows[135]["外呼结果"] = ""
    cells = table(rows)
    cells += [list(cells[8]), list(cells[9])]
    cells[200] = cells[200][:-5]
    cells.insert(300, [""] * len(cells[0]))
    yield "外呼明细_20261031.csv", delimited(cells, "gb18030")


# --- the department ------------------------------------------------------------------------------------------------

CHANNELS = {"名录软件": 400, "网络搜索": 180, "业务单位": 150, "数据提供商": 300}


def plan_sheet() -> Iterator[tuple[str, bytes]]:
    """The plan of a quarter and a bit, a sheet a month, with a row of units and totals."""
    rng = random.Random(151)
    sheets = []
    for month in (9, 10, 11):
        body: list[Row] = []
        for channel, volume in CHANNELS.items():
            for person in STAFF:
                body.append(
                    [
                        datetime(2026, month, 1) if month != 10 else "2026年10月",
                        channel,
                        person,
                        rng.choice(["", "制造业"]),
                        round(volume / 5 * rng.choice([0.8, 1, 1.2])),
                    ]
                )
        if month == 9:
            body[7][4] = "约一百"
        if month == 10:
            body[3][1] = "道听途说"
            body[12][4] = -20
        total = sum(row[4] for row in body if isinstance(row[4], int))
        rows = [
            [f"数据资源部{month}月采集计划（合成样例）"],
            ["月份", "采集渠道", "责任人", "行业", "计划采集量"],
            ["", "", "", "", "(条)"],
            *body,
            ["合计", "", "", "", total],
        ]
        sheets.append(Sheet(f"{month}月", rows, ("A1:E1",), (("A", 'yyyy"年"m"月"'),)))
    yield "采集计划_20260901.xlsx", workbook(*sheets)


@cache
def _requests() -> tuple[Record, ...]:
    rng = random.Random(161)
    rows: list[Record] = []
    bases = ["履行合同", "个人同意", "公开信息", "个人同意"]
    for number in range(1, 41):
        asked = datetime(2026, 9, 1, 10) + timedelta(hours=rng.randrange(1, 30) + number * 32)
        due = asked + timedelta(days=rng.choice([2, 3, 5]))
        count = rng.choice([200, 500, 1000, 3000])
        status = rng.choices(["已交付", "部分交付", "已驳回", "审批中", "已批准"], (12, 2, 3, 2, 1))[0]
        supplied = {"已交付": count, "部分交付": count // 2}.get(status)
        rows.append({
            "申请编号": f"SQ2609{number:04d}", "申请部门": rng.choice(UNITS), "申请人": rng.choice(SURNAMES) + rng.choice(GIVEN), "项目编号": rng.choice(list(CAMPAIGNS)),
            "用途": rng.choice(["外呼营销", "客户回访", "行业分析", "邮件推广"]), "法律依据": rng.choice(bases), "数据要求": rng.choice(["广东 电子行业 有手机", "华东 制造业 50人以上", "存量客户 近3月未联系"]),
            "申请数量": count, "交付方式": rng.choice(["导入CRM", "Excel", "Access", "CSV"]), "申请时间": stamp(asked), "要求完成时间": stamp(due), "申请状态": status,
            "交付时间": stamp(due + timedelta(hours=rng.choice([-30, -20, -6, 10]))) if supplied else "", "交付数量": supplied or "",
        })  # fmt: skip
    return tuple(rows)


def request_log() -> Iterator[tuple[str, bytes]]:
    """Requests of the workflow: September with some still under way, October with how they ended."""
    rows = [dict(row) for row in _requests()]
    first = [dict(row) for row in rows[:24]]
    for row in first[18:]:
        row.update({"申请状态": "审批中", "交付时间": "", "交付数量": ""})
    first[2].update({"用途": "", "法律依据": ""})
    first[5]["申请编号"] = ""
    first[9]["申请数量"] = "若干"
    first[13]["要求完成时间"] = "2026-08-01 00:00:00"
    yield "数据申请_20260930.csv", delimited(table(first))
    second = rows[18:]
    second[4]["申请状态"] = "石沉大海"
    second[8]["申请数量"] = 0
    second[11]["法律依据"] = "领导口头同意"
    yield "数据申请_20261031.csv", delimited(table(second), "gb18030")


def approval_log() -> Iterator[tuple[str, bytes]]:
    """Review and decision of each request, in UTF-16 with tabs."""
    rng = random.Random(171)
    rows: list[Record] = []
    for request in _requests():
        asked = datetime.fromisoformat(request["申请时间"])
        refused = request["申请状态"] == "已驳回"
        for step, person, hours in (("部门审核", "周文静", 3), ("审批", "郑国庆", 8)):
            if step == "审批" and request["申请状态"] == "审批中":
                continue
            rows.append({
                "申请编号": request["申请编号"], "申请人": request["申请人"], "审批环节": step, "审批结果": ("建议否决" if step == "部门审核" else "驳回") if refused else "同意", "审批人": person,
                "审批部门": "数据资源部" if step == "部门审核" else "分管领导", "审批时间": stamp(asked + timedelta(hours=hours)), "审批意见": rng.choice(["用途不明", "超出授权范围"]) if refused else "",
            })  # fmt: skip
    rows[6]["审批人"] = rows[6]["申请人"]
    rows[15]["审批结果"] = "再议"
    rows[22]["申请编号"] = ""
    rows[30].update({"审批结果": "退回", "审批意见": ""})
    yield "审批记录_20261031.txt", delimited(table(rows), "utf-16", "\t")


def expense_sheet() -> Iterator[tuple[str, bytes]]:
    """Two years month by month, a sheet each, in yuan under a row of units, with subtotal and total."""
    rng = random.Random(181)
    items = {
        "人工成本": 86000,
        "数据采购": 30000,
        "通信费": 12000,
        "软件服务": 9000,
        "办公费": 3000,
        "培训费": 2500,
        "差旅费": 4000,
    }
    sheets = []
    for year, level in ((2025, 1.05), (2026, 1.0)):
        body: list[Row] = []
        for month in range(1, 11):
            for item, usual in items.items():
                actual = round(usual * level * rng.uniform(0.85, 1.08), 2)
                body.append([f"{year}-{month:02d}", item, "数据资源部", usual, actual])
        if year == 2026:
            body[11][4] = "未报销"
            body[25][4] = -300
            body[40][3] = body[40][4] = "-"
            body[52][1] = ""
        sums = [round(sum(row[place] for row in body if isinstance(row[place], (int, float))), 2) for place in (3, 4)]
        rows = [
            [f"{year}年部门费用表（合成样例）"],
            ["月份", "费用项目", "部门", "核定金额", "实际金额"],
            ["", "", "", "元", "元"],
            *body,
            ["合计", "", "", *sums],
        ]
        sheets.append(Sheet(f"{year}年", rows, ("A1:E1",), (("D", "#,##0.00"), ("E", "#,##0.00"))))
    yield "部门费用_20261031.xlsx", workbook(*sheets)


REGISTERS = {
    "事件登记": """登记类别|事件编号|事件名称|责任人|严重程度|发生日期|解决日期|影响条数|申请编号|情况说明|处理措施|处理状态
数据外泄|SJ-001|名单经个人邮箱外发|林晓东|重大|2026-09-12|2026-09-15|320|SQ26090007|未经批准外发名单|收回并处分|已结案
数据外泄|SJ-002|打印名单遗失|何佳宁|一般|2026-10-21||45||纸质名单遗失||调查中
数据库结构故障|SJ-003|联系人表主键重复|郭俊杰|严重|2026-09-03|2026-09-04|1200||导入脚本缺陷|修复主键|已修复
软件系统故障|SJ-004|名录软件崩溃|郭俊杰|一般|2026-09-18|2026-09-18|||内存不足|升级版本|已解决
软件故障|SJ-005|CRM导入超时|梁海霞|轻微|2026-10-09|2026-10-10|||接口超时|分批导入|已解决
索引规则错误|SJ-006|按行业检索漏数据|周文静|一般|2026-10-14|2026-10-16|860||行业代码未映射|补充规则|已修复
索引规则错误|SJ-007|按区号检索失败|周文静|一般|2026年10月28日||||区号规则错误||处理中
灵异事件|SJ-008|无法归类的事件|梁海霞|轻微|2026-10-30||||||处理中
软件系统故障|SJ-009|缺发生日期的故障|梁海霞|轻微|||||||处理中""",
    "SOP": """登记类别|SOP编号|SOP名称|编制人|开始日期|时限(天)|应提交日期|提交日期|实际用时(天)|状态
SOP文件|SOP-001|数据采集作业指导书|林晓东|2026-09-07|10|2026-09-17|2026-09-16|9|已提交
SOP文件|SOP-002|数据清洗操作规程|何佳宁|2026-09-13|10|2026-09-23|2026-09-25|12|已提交
SOP文件|SOP-003|数据出库操作规程|郭俊杰|2026-09-19|7|2026-09-26|2026-09-26|7|已提交
SOP文件|SOP-004|备份恢复操作规程|梁海霞|2026-09-25|5|2026-09-30|2026-09-29|4|已提交
SOP文件|SOP-005|名片录入规范|周文静|2026-10-01|5|2026-10-06|||编写中
SOP文件|SOP-006|外呼名单分配规程|林晓东|2026-10-07|8|2026-10-15|2026-10-13|6|已提交
SOP文件|SOP-007|时限为零的规程|何佳宁|2026-10-20|0||||编写中""",
    "流程制度": """类别|制度编号|制度名称|是否必备|发布日期|状态
流程制度|ZD-001|数据安全管理制度|是|2026-01-21|已生效
流程制度|ZD-002|数据出库审批流程|是|2026-02-10|已生效
流程制度|ZD-003|数据质量管理制度|是|2026-03-02|已发布
流程制度|ZD-004|供应商数据验收流程|是||编写中
流程制度|ZD-005|禁呼名单管理办法|是|2026-04-11|已生效
流程制度|ZD-006|旧版采集制度|否|2026-05-01|已废止""",
    "培训": """类别|培训编号|培训主题|开始日期|计划完成日期|实际完成日期|应到人数|实到人数|完成情况
培训|PX-001|个人信息保护法|2026-09-08|2026-09-10|2026-09-09|20|19|已完成
培训|PX-002|采集工具使用|2026-09-22|2026-09-24|2026-09-24|20|17|已完成
培训|PX-003|数据质量六性|2026-10-13|2026-10-15|2026-10-20|20|20|已完成
培训|PX-004|外呼合规|2026-10-27|2026-10-29||20||计划中""",
}
"""The department's registers but its tasks, as they stand in the sheets."""


def typed_cells(text: str) -> list[Row]:
    """The rows of a text with | between cells: ISO dates as dates, digits as numbers, nothing as nothing."""

    def cell(word: str) -> Cell:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
            return date.fromisoformat(word)
        return int(word) if word.isdigit() else word or None

    return [[cell(word) for word in line.split("|")] for line in text.split("\n")]


def register_book() -> Iterator[tuple[str, bytes]]:
    """The department's registers, a sheet each: incidents under a title, SOP, process documents, training, tasks."""
    rng = random.Random(191)
    tasks: list[Row] = [["类别", "任务编号", "任务名称", "执行人", "开始日期", "计划完成日期", "完成日期", "完成状态"]]
    for number in range(1, 31):
        start = some_day(rng, date(2026, 9, 1), date(2026, 10, 25))
        due = start + timedelta(days=rng.choice([2, 3, 5]))
        done = due + timedelta(days=rng.choice([-1, -1, 0, 0, 0, 2])) if rng.random() < 0.9 else None
        name = rng.choice(["整理名录", "核对号码", "补全地址", "编制月报", "回访抽查"])
        tasks.append(
            ["员工任务", f"RW-{number:03d}", name, rng.choice(STAFF), start, due, done, "已完成" if done else "进行中"]
        )
    tasks[10][6] = date(2026, 1, 1)
    tasks[15][7] = "差不多了"
    sheets = []
    for name, rows in [*((name, typed_cells(text)) for name, text in REGISTERS.items()), ("任务", tasks)]:
        title = [["数据资源部事件登记簿（合成样例）"]] if name == "事件登记" else []
        dates = tuple(
            (column, "yyyy-mm-dd") for column, head in zip("ABCDEFGHIJKL", rows[0], strict=False) if "日期" in head
        )
        sheets.append(Sheet(name, [*title, *rows], ("A1:L1",) if title else (), dates))
    yield "部门登记簿_20261031.xlsx", workbook(*sheets)


def internal_survey_log() -> Iterator[tuple[str, bytes]]:
    """Two months of answers of the departments, with semicolons, points or words."""
    rng = random.Random(201)
    rows: list[Record] = []
    words = {5: "非常满意", 4: "满意", 3: "一般", 2: "不满意"}
    for month in (9, 10):
        for unit in UNITS:
            for aspect in ("响应速度", "数据质量", "服务态度", "需求满足"):
                points = rng.choice([5, 5, 4, 4, 4, 3, 2])
                said = rng.choice([True, True, False])
                rows.append({
                    "月份": f"2026-{month:02d}", "评价部门": unit, "评价人": rng.choice(SURNAMES) + rng.choice(GIVEN), "评价维度": aspect, "评分": points if said else "", "满分": 5,
                    "满意度": words[points] if not said else "", "意见建议": rng.choice(["", "", "希望更快", "号码有空号"]), "提交日期": f"2026/{month}/{28 + rng.randrange(3)}",
                })  # fmt: skip
    rows[3].update({"评分": "", "满意度": "弃权"})
    rows[10]["评分"] = 8
    rows[17]["评价部门"] = ""
    yield "内部满意度_20261031.csv", delimited(table(rows), "gb18030", ";")


def do_not_call_list() -> Iterator[tuple[str, bytes]]:
    """Our own list with reasons, with | in GB18030, and a regulator's list of bare numbers, zipped."""
    rng = random.Random(211)
    rows: list[Record] = []
    for number in rng.sample(range(400), 70):
        day = some_day(rng, date(2026, 6, 1), date(2026, 10, 30))
        rows.append({
            "手机号码": cellphone(rng, f"1370000{number:04d}").split("、")[0], "姓名": customer_name(f"K{number:05d}"), "禁呼原因": rng.choice(["客户要求", "投诉", "监管名单", "号码易主"]),
            "禁呼范围": rng.choice(["全部", "营销", "营销"]), "登记渠道": rng.choice(["电话", "短信", "微信"]), "登记日期": day_text(rng, day), "有效期至": rng.choice(["长期", f"{day + timedelta(days=730):%Y-%m-%d}"]),
        })  # fmt: skip
    rows[6]["手机号码"] = ""
    rows[12]["禁呼原因"] = "心情不好"
    rows[18]["手机号码"] = "12345"
    rows[24]["有效期至"] = "2020-01-01"
    cells = table(rows)
    cells += [list(cells[4]), list(cells[5]), ["合计", f"{len(rows)}个", "", "", "", "", ""]]
    yield "禁呼名单_20261031.txt", delimited(cells, "gb18030", "|")
    numbers = [
        "手机号码",
        *(f"1370000{number:04d}" for number in range(900, 960)),
        f"{SEGMENTS[0]}0004",
        "",
        f"{SEGMENTS[1]}0010",
    ]
    yield (
        "谢绝来电_20261015.zip",
        zipped({"谢绝来电_20261015.txt": "".join(f"{line}\r\n" for line in numbers).encode("gb18030")}),
    )


def consent_log() -> Iterator[tuple[str, bytes]]:
    """Consents of CRM contacts as gzipped JSON Lines, and of customers as CSV in UTF-16."""
    rng = random.Random(221)
    rows: list[Record] = []
    for number, (company, person) in enumerate(firms(71, 120)[:80], start=1):
        given = datetime(2025, 11, 1, 10) + timedelta(days=rng.randrange(300), minutes=rng.randrange(600))
        status = rng.choices(["granted", "withdrawn", "refused"], (8, 1, 1))[0]
        rows.append({
            "contact_name": person.name, "company": company.name, "mobile": person.mobile, "email": person.email, "crm_id": f"CT{number:06d}", "purpose": rng.choice(["marketing call", "survey", "e-mail"]),
            "legal_basis": "consent", "consent_status": status, "channel": rng.choice(["phone", "web", "paper"]), "consented_at": given.isoformat() + "+08:00" if status != "refused" else None,
            "withdrawn_at": (given + timedelta(days=60)).isoformat() + "+08:00" if status == "withdrawn" else None, "evidence": f"REC{number:05d}" if number % 11 else None,
            "may_share": rng.choice(["yes", "no"]),
        })  # fmt: skip
    rows[5]["consented_at"], rows[5]["consent_status"] = None, "granted"
    rows[16]["consent_status"] = "perhaps"
    rows[27].update({"mobile": None, "email": None, "crm_id": None})
    yield "consent_20261031.jsonl.gz", gzipped(json_lines([*rows, rows[2]]))

    cells: list[Record] = []
    for number in rng.sample(range(400), 90):
        given = datetime(2026, 1, 5, 9) + timedelta(days=rng.randrange(240), minutes=rng.randrange(600))
        status = rng.choices(["已同意", "已撤回", "不同意"], (8, 1, 1))[0]
        cells.append({
            "客户姓名": customer_name(f"K{number:05d}"), "手机号码": f"1370000{number:04d}", "授权用途": rng.choice(["外呼营销", "满意度回访"]), "法律依据": rng.choice(["个人同意", "个人同意", "履行合同"]),
            "同意状态": status, "授权渠道": rng.choice(["电话", "营业厅", "APP"]), "授权时间": stamp(given) if status != "不同意" else "", "撤回时间": stamp(given + timedelta(days=40)) if status == "已撤回" else "",
            "凭证编号": f"LY{number:06d}", "是否可提供第三方": rng.choice(["是", "否"]),
        })  # fmt: skip
    cells[4]["法律依据"] = "领导说可以"
    cells[9]["授权时间"], cells[9]["同意状态"], cells[9]["法律依据"] = "", "已同意", "个人同意"
    yield "个人信息授权_20261031.csv", delimited(table(cells), "utf-16", ",")


FEEDS: tuple[Callable[[], Iterator[tuple[str, bytes]]], ...] = (
    b2b_directory, web_search, provider_list, business_card, customer_form, crm_contact, crm_account, case_log, order_log, agent_roster, campaign_list,
    agent_state_log, survey_log, quality_review_log, outbound_log, plan_sheet, request_log, approval_log, expense_sheet, register_book,
    internal_survey_log, do_not_call_list, consent_log,
)  # fmt: skip


def sample_files() -> dict[str, bytes]:
    """The sample's files by <feed>/<name>."""
    return {f"{feed.__name__}/{name}": content for feed in FEEDS for name, content in feed()}


def write_sample(folder: Path) -> None:
    """Write the sample's files below a folder."""
    for name, content in sample_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    write_sample(Path(__file__).resolve().parent.parent / "data" / "sample")
