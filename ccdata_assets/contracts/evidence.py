"""What the values of a column say of it: shares of its filled cells that read as a type, keep to a form, or are codes.

Types are read with the very SQL that stages them, so a draft promises nothing that staging would not keep. Only shares,
counts and words of fixed lists leave this module; the spellings of a code are the one exception, and they are given
only where several rows share one and it names nobody.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa

from ccdata_assets.contracts.compile import DATE_FORMATS, TIMESTAMP_FORMATS, literal, parse_sql
from ccdata_assets.contracts.model import FieldUse
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.settings import PROJECT_DIR

DISTINCT = 1000
"""Distinct values of a column that are looked at."""
NONE_WORDS = frozenset(
    [
        "-",
        "--",
        "---",
        "—",
        "——",
        "－",
        "/",
        "//",
        "\\",
        "\\n",
        ".",
        "?",
        "？",
        "n/a",
        "na",
        "#n/a",
        "n.a.",
        "null",
        "(null)",
        "<null>",
        "none",
        "nil",
        "nan",
        "undefined",
        "unknown",
        "nonexistent",
        "无",
        "無",
        "暂无",
        "没有",
        "未填",
        "未填写",
        "未提供",
        "空",
        "空值",
        "不详",
        "未知",
        "待补充",
        "无数据",
    ]
)
"""What sources write for «no value», in lower case."""
_TYPES = ("integer", "number", "date", "clock", "instant", "boolean")
_BLANK = " \t\r\n　"
_MAX_SPELLINGS, _MIN_ROWS, _SPELLING = 40, 3, 40
"""Spellings of a code that may be shown: so many at most, each in so many rows at least, no longer than this."""


@dataclass(frozen=True)
class DateForm:
    """A strptime form that is none of the usual ones, and the share of filled cells that it reads."""

    form: str
    share: float
    has_time: bool
    rival: str | None = None
    """Another form that reads as many: day and month cannot be told apart."""
    others: tuple[str, ...] = ()
    """Forms of other signs that some more values have; `share` counts them."""


@dataclass(frozen=True)
class Evidence:
    """One column of the sample: counts of cells, and shares of the filled ones."""

    rows: int
    filled: int
    distinct: int
    types: Mapping[str, float]
    forms: Mapping[str, float]
    """Share by the names of FORMS and of the region lists."""
    codes: Mapping[str, float]
    """Share by code list."""
    code_values: Mapping[str, int]
    """How many values of the code list were met."""
    date_form: DateForm | None
    none_words: tuple[str, ...]
    """Spellings of «no value» that occur, as they stand there."""
    spellings: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Rows by spelling, where the column has few and they name nobody."""
    hidden_spellings: int = 0
    length: float = 0.0
    """Mean characters."""
    has_leading_zeros: bool = False

    @property
    def is_full(self) -> bool:
        return self.filled == self.rows > 0

    @property
    def unique(self) -> float:
        """Distinct values by filled cells, at most 1."""
        return self.distinct / self.filled if self.filled else 0.0

    def form(self, name: str) -> float:
        return self.forms.get(name, 0.0)

    @property
    def date_share(self) -> float:
        """Share of cells that are a date in some form; bare numbers do not count."""
        usual = min(self.types["date"], self.form("moment"))
        return max(usual, self.date_form.share if self.date_form else 0.0)

    @property
    def has_time(self) -> bool:
        """Dates come with a time of day."""
        return self.date_form.has_time if self.date_form else self.form("date and time") > 0.5


# --- forms -------------------------------------------------------------------------------------------------------

_EXT = r"(?: ?(?:[-x#*转]|ext\.?|分机) ?\d{1,6})?"
_MOBILE = r"(?:\(?\+?(?:00)?86\)?[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
_LANDLINE = (
    r"(?:(?:\(?\+?(?:00)?86\)?[- ]?)?\(?0\d{2,3}\)?[- ]{0,3}[2-9]\d{2,3}[- ]?\d{4}"
    r"|\+?86[- ]\(?[1-9]\d{1,2}\)?[- ][2-9]\d{2,3}[- ]?\d{4}"
    rf"|[48]00[- ]?\d{{3,4}}[- ]?\d{{3,4}}|\(?[2-9]\d{{2}}\)?[-. ]\d{{3}}[-. ]\d{{4}}|(?:\+|00)[1-9][\d() -]{{7,16}}){_EXT}"
)
_LOCAL = rf"[2-9]\d{{2,3}}-?\d{{4}}{_EXT}"
_AND = r"(?: ?[/、,;|] ?| {1,3}|\n)"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏"
    "韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝張劉陳楊黃趙吳孫馬鄭許韓馮鄧蕭蔣葉蘇魏呂盧鍾譚陸賈鄒龍陶賀顧龔錢嚴湯溫"
)
_TITLES = "先生|女士|小姐|太太|经理|总|总经理|主任|老师|主管|厂长|店长|老板|工|董|部长|科长|院长|會計|会计|店员"
_COMPANY_END = (
    "公司|集团|厂|有限|企业|工厂|商行|商店|经营部|门市部|事务所|合作社|中心|医院|卫生院|保健院|防治院|诊所|学校|大学|学院|幼儿园|银行|支行|分行|"
    "酒店|宾馆|饭店|餐厅|超市|药店|研究所|研究院|设计院|协会|商会|委员会|管理局|工作室|服务部|营业部|办事处|专卖店|加工部|商贸行|贸易行|集團|廠|股份|門市部"
)
FORMS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "mobile": rf"{_MOBILE}(?:{_AND}{_MOBILE})*",
        "landline": rf"{_LANDLINE}(?:{_AND}(?:{_LANDLINE}|{_LOCAL}|{_MOBILE}))*",
        "phone": rf"(?:{_MOBILE}|{_LANDLINE}|{_LOCAL})(?:{_AND}(?:{_MOBILE}|{_LANDLINE}|{_LOCAL}|\d{{3,8}}))*",
        "email": r"(?:mailto:)?[^\s@,;]+@[\w-]+(?:\.[\w-]+)+(?:[;,/ ]+[^\s@,;]+@[\w-]+(?:\.[\w-]+)+)*",
        "url": r"(?:https?://|www\.)\S+|(?:[\w-]+\.)+(?:com|cn|net|org|gov|edu|hk|tw|co|io|biz|info|example)(?:[/:]\S*)?",
        "url with path": r"https?://[^/\s]+/\S+",
        "uscc": r"[0-9A-HJ-NP-RT-UW-Y]{18}",
        "identity card": r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]",
        "postcode": r"[0-8]\d{5}",
        "company": rf".{{2,40}}(?:{_COMPANY_END})(?:\(.{{1,20}}\)|（.{{1,20}}）|.{{0,8}}(?:分公司|支公司|分店|院区|店|部|站))?|.+\b(?:ltd|inc|llc|gmbh|corp|co|plc|limited|company|s\.?a\.?)\b\.?",
        "person": rf"(?:(?:欧阳|上官|司马|诸葛|司徒|東方|东方|皇甫|尉迟|公孙|令狐|慕容|夏侯|端木|歐陽)[\u4e00-\u9fff·]{{1,2}}|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}|[{_SURNAMES}](?:{_TITLES})|[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?:{_TITLES}))",
        "latin person": r"(?-i:[A-Z][a-z'’-]+(?: [A-Z]\.?)?(?: [A-Z][A-Za-z'’-]+){1,2})",
        "address": r"(?=.*(?:路|街|道|巷|弄|里|村|镇|鎮|号|號|大厦|广场|园|区|栋|幢|室|楼|层|屯|组|乡))[^@]{5,120}|\d+ .{3,60}\b(?:st|street|rd|road|ave|avenue|blvd|lane|ln|drive|dr|way)\b.*",
        "region": r"(?:.{2,8}(?:省|自治区|特别行政区)|北京市?|上海市?|天津市?|重庆市?).{1,12}(?:市|州|盟|地区|区|县)\S{0,12}",
        "qq": r"[1-9]\d{4,10}",
        "digits": r"\d+",
        "identifier": r"(?=.*\d)[A-Za-z0-9][\w./:+-]{2,63}",
        "headcount": r"(?:约|大约)?\d[\d,]*(?: ?[-~—至到] ?\d[\d,]*)? ?人?(?:以上|以下|左右)?|\d+\+",
        "moment": r"(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}\D?.*|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[ T].*)?",
        "date and time": r".*[\dT ](?:[01]?\d|2[0-3]):[0-5]\d.*",
        "dated": r"(?=(?:.*\d){3}).*[-/. 年,].*|\d{6,14}|(?:.*\d.*)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec).*\d.*",
        "month": r"(?:19|20)\d{2}[-/.年]?(?:0?[1-9]|1[0-2])月?",
        "clock": r"\d{1,3}:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?",
        "epoch": r"1[0-9]{9}(?:\d{3})?",
        "sentence": r"(?=.*[\s,，。;；、]).{20,}",
        "han": r".*[\u4e00-\u9fff].*",
    }.items()
}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PROVINCES = [
    "北京",
    "天津",
    "上海",
    "重庆",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "台湾",
    "内蒙古",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
]
_PROVINCE_ENDS = ("", "市", "省", "自治区", "壮族自治区", "回族自治区", "维吾尔自治区", "特别行政区")


def has_check_digit(code: str) -> bool:
    """True where 18 characters are a unified social credit code (GB 32100) with the right check digit."""
    text = code.upper()
    if not FORMS["uscc"].fullmatch(text) or any(sign not in _USCC_DIGITS for sign in text):
        return False
    total = sum(weight * _USCC_DIGITS.index(sign) for weight, sign in zip(_USCC_WEIGHTS, text, strict=False))
    return text[17] == _USCC_DIGITS[(31 - total % 31) % 31]


@lru_cache
def region_names(seed: Path = PROJECT_DIR / "dbt_project" / "seeds" / "region_code.csv") -> dict[str, frozenset[str]]:
    """Names and codes of provinces, cities and counties; names of provinces only where the seed of regions is not at hand."""
    names: dict[str, set[str]] = {
        "province": {name + end for name in _PROVINCES for end in _PROVINCE_ENDS},
        "city": set(),
        "county": set(),
        "region code": set(),
    }
    if seed.is_file():
        with seed.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                names["province"] |= {row["province"], row["province_short"]}
                names["city"] |= {row["city"], row["city_short"]}
                names["county"].add(row["county"])
                names["region code"].add(row["region_code"])
        names["county"] |= {name[:-1] for name in names["county"] if len(name) > 2 and name[-1] in "区县市"}
        # a municipality stands in the city's column too
        names["city"] |= {name + end for name in ("北京", "上海", "天津", "重庆") for end in ("", "市")}
    return {kind: frozenset(known - {""}) for kind, known in names.items()}


def _forms(values: Mapping[str, int]) -> dict[str, float]:
    """Share of the cells in each form and region list; width does not matter."""
    total = sum(values.values()) or 1
    regions = region_names()
    counts = dict.fromkeys([*FORMS, *regions], 0)
    for value, rows in values.items():
        text = unicodedata.normalize("NFKC", value)
        for name, pattern in FORMS.items():
            if pattern.fullmatch(text) and (name != "uscc" or has_check_digit(text)):
                counts[name] += rows
        for name, known in regions.items():
            counts[name] += rows * (text in known)
    return {name: count / total for name, count in counts.items() if count}


# --- dates of other forms ----------------------------------------------------------------------------------------

_DAYS = (
    "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%m.%d.%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%y-%m-%d",
    "%y/%m/%d", "%y.%m.%d", "%y%m%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d/%b/%Y",
    "%Y %m %d", "%Y年%m月%d号", "%a, %d %b %Y", "%Y-%b-%d",
)  # fmt: skip
_MONTHS = ("%Y-%m", "%Y/%m", "%Y.%m", "%Y年%m月", "%Y%m", "%m/%Y", "%b %Y", "%b-%y", "%b-%Y", "%B %Y")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p")
_OTHER_DAYS = (*_DAYS, *_MONTHS)
_OTHER_MOMENTS = (
    *(f"{day} {clock}" for day in _DAYS for clock in _CLOCKS),
    *(f"{day} {clock}" for day in DATE_FORMATS for clock in _CLOCKS[3:]),
    "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y年%m月%d日 %H时%M分%S秒", "%Y年%m月%d日 %H时%M分", "%Y年%m月%d日%H:%M:%S", "%Y-%m-%d-%H.%M.%S",
    "%Y-%m-%d %H.%M.%S", "%Y-%m-%dT%H:%M:%SZ",
)  # fmt: skip


def _date_form(con: duckdb.DuckDBPyConnection, forms: Mapping[str, float], usual: float) -> DateForm | None:
    """The other form that reads most of the table `looked`, where the usual ones read less."""
    if forms.get("dated", 0) < 0.5 or usual > 0.97:
        return None
    candidates = _OTHER_MOMENTS if forms.get("date and time", 0) > 0.5 else (*_OTHER_DAYS, *_OTHER_MOMENTS[-8:])
    # most forms read nothing of the first few values
    likely = [form for share, _, form in _read_as(con, candidates, 60) if share > 0.02]
    found = _read_as(con, likely, DISTINCT)
    if not found:
        return None
    best = max(share for share, _, _ in found)
    if best < (0.02 if usual >= 0.5 else 0.5):  # beside the usual forms a few of another one count too
        return None
    # of those that read as much: the one whose dates lie closest together, for deliveries cover a short time
    first, *others = sorted(
        (each for each in found if each[0] >= best - 0.005), key=lambda each: (each[1], found.index(each))
    )
    rival = next(
        (form for _, days, form in others if days != first[1] or {"%d", "%m"} <= set(re.findall("%.", form))), None
    )
    signs, others_too, share = {_signs(first[2])}, [], first[0]
    for more, _, form in sorted(found, key=lambda each: -each[0]):
        if more > 0.02 and _signs(form) not in signs:
            signs.add(_signs(form))
            others_too.append(form)
            share += more
    return DateForm(first[2], min(share, 1.0), first[2] in _OTHER_MOMENTS, rival, tuple(others_too))


def _signs(form: str) -> str:
    """What stands between the parts of a form: two forms of the same signs may read the same text."""
    return re.sub("%.", "%", form)


def _read_as(con: duckdb.DuckDBPyConnection, forms: Sequence[str], values: int) -> list[tuple[float, int, str]]:
    """For each form: the share of the first values of `looked` that it reads, the days between the first and the last."""
    if not forms:
        return []
    moments = [f"try_strptime(t, {literal(form)})" for form in forms]
    # a number of six digits is a date only where its year is near
    known = [f"case when year({moment}) between 1970 and 2050 then {moment} end" for moment in moments]
    asked = ", ".join(
        f"coalesce(sum(n) filter (where {m} is not null), 0) / sum(n), coalesce(date_diff('day', min({m}), max({m})), 0)"
        for m in known
    )
    shares = con.execute(f"select {asked} from (from looked limit {values})").fetchall()[0]
    return [(float(shares[2 * place]), int(shares[2 * place + 1]), form) for place, form in enumerate(forms)]


# --- a table -----------------------------------------------------------------------------------------------------


def code_words(registry: Registry) -> dict[str, dict[str, str]]:
    """Code list → word in lower case → value."""
    return {
        name: {word.lower(): value for value, spec in codes.values.items() for word in (value, *spec.aliases)}
        for name, codes in registry.codes.items()
    }


def look_at(table: pa.Table, registry: Registry) -> list[Evidence]:
    """The evidence of each column of a table of texts, in its order."""
    words = code_words(registry)
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        con.register("cells", pa.table(list(table.columns), names=[f"c{place}" for place in range(table.num_columns)]))
        return [_column(con, f"c{place}", table.num_rows, registry, words) for place in range(table.num_columns)]


def _column(
    con: duckdb.DuckDBPyConnection, column: str, rows: int, registry: Registry, words: Mapping[str, Mapping[str, str]]
) -> Evidence:
    con.execute(
        f"""create or replace temp table counted as
        select trim({column}, {literal(_BLANK)}) as t, count(*) as n from cells group by all having t <> ''"""
    )
    known = ", ".join(map(literal, sorted(NONE_WORDS)))
    nothing = dict(con.execute(f"select t, n from counted where lower(t) in ({known})").fetchall())
    is_flag = _is_flag(con, nothing)
    if is_flag:
        nothing = {}
    con.execute(
        f"create or replace temp table filled as select * from counted where {'true' if is_flag else f'lower(t) not in ({known})'}"
    )
    filled, distinct = con.execute("select coalesce(sum(n), 0)::bigint, count(*) from filled").fetchall()[0]
    con.execute(f"create or replace temp table looked as select * from filled order by hash(t), t limit {DISTINCT}")
    values: dict[str, int] = dict(con.execute("select t, n from looked").fetchall())
    if not values:
        return Evidence(rows, 0, 0, dict.fromkeys(_TYPES, 0.0), {}, {}, {}, None, tuple(sorted(nothing)))
    use = FieldUse()
    parsed = [parse_sql(registry, use, kind, "t", registry.time_zone, is_usual_only=True) for kind in _TYPES]
    shares = con.execute(
        f"select {', '.join(f'coalesce(sum(n) filter (where {sql} is not null), 0) / sum(n)' for sql in parsed)}, "
        "sum(n * length(t)) / sum(n), coalesce(bool_or(t similar to '0[0-9]+'), false) from looked"
    ).fetchall()[0]
    types = dict(zip(_TYPES, map(float, shares), strict=False))
    forms = _forms(values)
    total = sum(values.values())
    codes = {
        name: sum(n for t, n in values.items() if t.lower() in known_words) / total
        for name, known_words in words.items()
    }
    met = {
        name: len({known_words[t.lower()] for t in values if t.lower() in known_words})
        for name, known_words in words.items()
    }
    usual = min(types["date"], forms.get("moment", 0))
    shown = _shown(values, forms) if distinct <= _MAX_SPELLINGS else {}
    return Evidence(
        rows,
        filled,
        distinct,
        types,
        forms,
        {name: share for name, share in codes.items() if share},
        {name: count for name, count in met.items() if count},
        _date_form(con, forms, usual),
        tuple(sorted(nothing)),
        shown,
        distinct - len(shown),
        float(shares[len(_TYPES)]),
        bool(shares[len(_TYPES) + 1]),
    )


def _is_flag(con: duckdb.DuckDBPyConnection, nothing: Mapping[str, int]) -> bool:
    """有 and 无 are yes and no, not a value and none."""
    if not nothing:
        return False
    found = {t for (t,) in con.execute("select t from counted limit 5").fetchall()}
    return len(found) <= 3 and bool(found & {"有", "是", "有的"})


def _shown(values: Mapping[str, int], forms: Mapping[str, float]) -> dict[str, int]:
    """Spellings that may be named: many rows share each, and they are neither people, numbers nor addresses."""
    names_people = max(
        (forms.get(name, 0) for name in ("person", "phone", "email", "identity card", "address", "sentence")),
        default=0,
    )
    if names_people > 0.6 or (forms.get("latin person", 0) > 0.6 and len(values) > 12):
        return {}
    private = [FORMS[name] for name in ("phone", "email", "identity card", "uscc", "url")]
    return {
        text: rows
        for text, rows in sorted(values.items(), key=lambda item: (-item[1], item[0]))
        if rows >= _MIN_ROWS and len(text) <= _SPELLING and not any(form.fullmatch(text) for form in private)
    }


def usual_forms(has_time: bool) -> Sequence[str]:
    """The forms that staging reads without being told."""
    return TIMESTAMP_FORMATS if has_time else DATE_FORMATS
