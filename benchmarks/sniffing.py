"""`python -m benchmarks.sniffing`: how often encoding, delimiter and quote are told right, doubted, or told wrong.

Scored over the samples, the shared data (CCDATA_SHARED) and generated files: every encoding × delimiter × size × quote ×
end of line × script. A file is right when it reads back as the cells that were written; wrong is a confident verdict
that does not. Nothing generated is personal: names are drawn from lists of syllables. `--files N --seed S` set the run.
"""

# ruff: noqa: SIM905 (lists of words are easier to read as one text)

from __future__ import annotations

import argparse
import csv
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccdata_assets.landing.sniff import DoubtfulText, TextForm, text_encoding, text_form
from ccdata_assets.settings import PROJECT_DIR

KNOWN_WORDS = frozenset(
    "企业名称 公司名称 名称 联系人 姓名 手机 联系电话 电话 城市 省份 区县 地址 详细地址 邮编 来源 采集日期 通话编号 呼叫方向 渠道 客户号码 业务类型 技能组 "
    "进线时间 应答时间 结束时间 通话结果 满意度 備註 備注 公司名稱 聯絡人 電話 縣市 company_name phone city name tel call_id".split()
)  # fmt: skip


def is_known_header(cells: Sequence[str]) -> bool:
    """Stands for the header test of a feed."""
    return any(cell.strip() in KNOWN_WORDS for cell in cells)


# --- what the cells are made of ----------------------------------------------------------------------------------

HEADERS = {
    "simplified": (("企业名称", "联系人", "电话", "城市", "地址", "来源"), ("通话编号", "呼叫方向", "技能组", "进线时间", "通话结果", "备注"),
                   ("商户", "经办", "热线", "片区", "网点", "摘要")),
    "traditional": (("公司名稱", "聯絡人", "電話", "縣市", "地址", "備註"), ("商戶", "經辦人", "熱線", "地段", "分行", "摘要")),
    "ascii": (("company_name", "contact", "phone", "city", "address", "note"), ("col_a", "col_b", "col_c", "col_d", "col_e", "col_f")),
}  # fmt: skip
PLACES = {
    "simplified": "北京市海淀区 上海市浦东新区 杭州市余杭区 深圳市南山区 成都市武侯区 乌鲁木齐市沙依巴克区 呼和浩特市赛罕区 泸州市龙马潭区 "
    "亳州市谯城区 衢州市柯城区 儋州市 漯河市郾城区 昌都市卡若区 黔东南州凯里市 延边州珲春市".split(),
    "traditional": "臺北市中正區 新北市板橋區 高雄市鼓山區 臺中市西屯區 桃園市中壢區 嘉義縣民雄鄉 屏東縣恆春鎮 花蓮縣吉安鄉 "
    "香港九龍彌敦道 香港島銅鑼灣 新界沙田 澎湖縣馬公市 基隆市仁愛區".split(),
}
NAMES = {
    "simplified": (
        "王伟 李娜 张敏 刘洋 陈静 杨磊 赵鑫 黄婷 周杰 吴倩 徐浩 孙蕾 朱琳 马骏 胡玥 郭晗 何淼 高翔 林薇 罗锴 欧阳雪 司马昱 谭咏 邹璟 "
        "夏侯惇 缪斌 卞之 阚泽 逯宁 仝欣"
    ).split(),
    "traditional": "陳志明 林淑芬 黃建國 張雅婷 李俊傑 王麗華 吳宗翰 劉嘉玲 蔡佩珊 楊鎮宇 許文龍 鄭婉瑩 謝承恩 郭芷涵 蘇柏瑋 葉蓁蓁".split(),
}
BRANDS = {
    "simplified": "鸿运达 蓝海 瑞丰 众诚 天泽 卓越 汇聚 金桥 远航 绿源 百川 智联 恒通 华宇 锦绣 麒麟 骏马 翡翠 鹭岛 榕树 橙子 柠檬 雀跃 飓风".split(),
    "traditional": "鴻運達 藍海 瑞豐 眾誠 天澤 卓越 匯聚 金橋 遠航 綠源 百川 智聯 恆通 華宇 錦繡 麒麟 駿馬 翡翠 鷺島 榕樹 檸檬 雀躍 颶風".split(),
}
TRADES = {
    "simplified": "科技有限公司 贸易有限公司 餐饮管理有限公司 建筑工程有限公司 医疗器械有限公司 物流股份有限公司 律师事务所 口腔门诊部 汽车修理厂 五金店".split(),
    "traditional": "科技股份有限公司 貿易有限公司 餐飲管理顧問公司 營造工程有限公司 醫療器材行 物流股份有限公司 律師事務所 牙醫診所 汽車修理廠 五金行".split(),
}
SENTENCES = {
    "simplified": (
        "客户来电咨询信用卡账单分期手续费，已解释清楚，客户表示满意。", "用户反映宽带昨晚八点开始断网，重启路由器后仍然无法连接！",
        "投诉快递员态度恶劣，包裹外包装破损，要求赔偿并道歉。", "您好，我想查一下上个月的话费为什么多扣了三十块钱？", "来电人情绪激动，称理赔款迟迟没有到账，请尽快核实处理。",
        "预约周三下午上门安装热水器，师傅请提前联系。", "老人不会使用手机银行，希望网点能提供一对一指导。", "咨询医保异地就医备案流程，坐席已发送短信链接。",
        "客户称从未办理过该业务，怀疑被冒名开户，转后台调查。", "建议增加夜间值班人员；等待时间太长了……",
    ),
    "traditional": (
        "客戶來電詢問信用卡帳單分期手續費，已說明清楚，客戶表示滿意。", "用戶反映寬頻昨晚八點開始斷線，重新啟動數據機後仍然無法連線！",
        "投訴快遞員態度惡劣，包裹外箱破損，要求賠償並道歉。", "您好，我想查一下上個月的電話費為什麼多扣了三十塊錢？", "來電者情緒激動，稱理賠款遲遲沒有入帳，請儘快核實處理。",
        "預約週三下午到府安裝熱水器，師傅請提前聯絡。", "長輩不會使用行動銀行，希望分行能提供一對一指導。", "詢問健保轉診流程，客服已發送簡訊連結。",
        "客戶稱從未辦理過該業務，懷疑遭冒名開戶，轉後台調查。", "建議增加夜間值班人員；等候時間太長了……",
    ),
    "kana": ("お問い合わせありがとうございます", "サービスセンター", "カスタマーサポートの電話番号をおしえてください", "もしもし、ラーメンをください", "トヨタ自動車のディーラー"),
}  # fmt: skip
RARE = ("刘䶮", "𠮷野家", "㐂寿司", "陶喆", "朱镕基金会", "赵堃", "于昇", "李旻晔", "𬭎锐机电", "王㛃", "方鑫淼焱")  # fmt: skip
STATUSES = {
    "simplified": ("已接", "放弃", "溢出", "呼入", "转人工", "挂断"),
    "traditional": ("已接", "放棄", "溢出", "轉接", "掛斷", "來電"),
}
ENGLISH = (
    "Acme Ltd",
    "Blue Ocean",
    "O'Neil Partners",
    "North-West Trading",
    'Pipe 5" steel',
    "R&D dept.",
    "n/a",
    "50% off!",
    "C:\\data\\x",
)


FOREIGN = {
    "shift_jis": "株式会社山田製作所 東京都新宿区西新宿 お客様相談室 電話がつながりません 請求書の件 ｻﾎﾟｰﾄ ヤマダ電機 解約したいそうです".split(),
    "euc-jp": "株式会社山田製作所 東京都新宿区西新宿 お客様相談室 電話がつながりません 請求書の件 解約希望 横浜支店 高橋様".split(),
    "euc-kr": "서울특별시 주식회사 한국전력 고객센터 김민수 상담원 연결이 안됩니다 요금 청구서 문의 부산 해운대구 박지영".split(),
    "cp1252": "Müller Société Générale|Crédit à 0 %|São Paulo|Häußler Straße 5|Peña Nuñez|déjà réglé|Ångström AB|café|façade|naïve|£30".split("|"),
    "cp1251": "Иванов Сергей|Москва, ул. Ленина|не работает интернет|договор расторгнут|ООО Ромашка|жалоба".split("|"),
    "koi8-r": "Иванов Сергей|Москва, ул. Ленина|не работает интернет|договор расторгнут|ООО Ромашка|жалоба".split("|"),
    "iso8859_7": "Παπαδόπουλος|Αθήνα|τηλέφωνο πελάτη|λογαριασμός".split("|"),
    "tis-620": "กรุงเทพมหานคร|ลูกค้าโทรเข้า|ยกเลิกบริการ|โรงพยาบาล".split("|"),
    "windows-1256": "شركة الاتصالات|الرياض|خدمة العملاء|فاتورة".split("|"),
}  # fmt: skip
"""Texts of encodings that are no answer: doubt is right."""


# --- one generated file ------------------------------------------------------------------------------------------

ENCODINGS = ("ascii", "utf-8", "utf-8-sig", "gb18030", "gbk", "big5", "big5hkscs", "utf-16", "utf-16-le", "utf-16-be")  # fmt: skip
DELIMITERS = (",", "\t", ";", "|", ":", "^", "~", "\x01", "\x1f", "||", "|@|", "^|^", "#|#", "")
SHORT = "short cell"
"""Two or three characters are all the evidence: there doubt is as good as the right answer."""
KINDS = ("parties", "calls", "prose", "one cell", SHORT, "deep", "rare", "kana", "one column")


@dataclass(frozen=True)
class Made:
    """A generated file and what it is."""

    encoding: str
    kind: str
    delimiter: str
    quote: str
    cells: list[list[str]]
    content: bytes


def made_files(count: int, seed: int) -> Iterator[Made]:
    """So many files, the same ones for the same seed; encodings and delimiters in turn, all else drawn."""
    rng = random.Random(seed)
    number = 0
    while number < count:
        encoding, delimiter = ENCODINGS[number % len(ENCODINGS)], rng.choice(DELIMITERS)
        try:
            yield _made(rng, encoding, delimiter)
        except UnicodeEncodeError:
            continue  # a character this encoding does not have: drawn again
        number += 1


def _made(rng: random.Random, encoding: str, delimiter: str) -> Made:
    is_big5 = encoding.startswith("big5")
    script = "traditional" if is_big5 else rng.choice(("simplified", "simplified", "traditional", "mixed"))
    kind = (
        "one column" if not delimiter else rng.choice([kind for kind in KINDS[:-1] if not (is_big5 and kind == "kana")])
    )
    if kind == "deep" and rng.random() < 0.7:
        kind = "calls"  # deep files are large: fewer of them
    quote = rng.choice(('"', '"', "'", ""))
    newline = rng.choice(("\n", "\r\n", "\r", "\r\r\n"))
    rows = rng.choice((1, 2, 3, 10, 100, 1500))
    records = [list(row) for row in _records(rng, kind, script, rows, is_ascii=encoding == "ascii")]
    joiner = delimiter or ","
    if quote == "" or not delimiter:
        banned = [*joiner, '"', "'", *("\r\n" if not delimiter else "")]
        records = [
            ["".join(character for character in cell if character not in banned) for cell in row] for row in records
        ]
    elif len(records) > 1 and rng.random() < 0.5:
        for row in rng.sample(records[1:], k=max(len(records) // 4, 1)):
            row[-1] += f"{joiner}x {quote}y{quote}"
    text = newline.join(
        joiner.join(_written(cell, joiner, quote, is_all=style) for cell in row)
        for style in [rng.random() < 0.3]
        for row in records
    )
    text += newline * (rng.random() < 0.8)
    return Made(encoding, kind, joiner, quote, records, text.encode("big5" if encoding == "big5" else encoding))


def _written(cell: str, joiner: str, quote: str, is_all: bool) -> str:
    if quote and (is_all or joiner in cell or quote in cell or any(mark in cell for mark in "\r\n")):
        return quote + cell.replace(quote, quote * 2) + quote
    return cell


def _records(rng: random.Random, kind: str, script: str, rows: int, is_ascii: bool) -> Iterator[Sequence[str]]:
    def pick(of: Mapping[str, Sequence[str]]) -> str:
        if is_ascii:
            return rng.choice(ENGLISH)
        return rng.choice(of[rng.choice(("simplified", "traditional")) if script == "mixed" else script])

    own = "simplified" if script == "mixed" else script
    header = rng.choice(
        HEADERS["ascii" if is_ascii or kind in ("one cell", SHORT, "deep") or rng.random() < 0.25 else own]
    )
    width = 1 if kind == "one column" else rng.randint(2, 6)
    yield header[:width]
    lead = 16_000 if kind == "deep" else 0
    for number in range(lead):
        yield [f"{rng.choice(ENGLISH)} {number}", *(f"{rng.randrange(10**12)}" for _ in range(width - 1))]
    for number in range(rows):
        clock = f"2026-0{rng.randint(1, 9)}-1{rng.randint(0, 9)} {rng.randint(8, 19):02}:{rng.randint(0, 59):02}:00"
        phone = f"0571-5550{rng.randint(0, 9999):04}"
        if kind in ("parties", "deep", "one column"):
            company = pick(PLACES)[:2] + pick(BRANDS) + pick(TRADES)
            row = [
                company,
                pick(NAMES),
                phone,
                pick(PLACES),
                f"{pick(PLACES)}{rng.randint(1, 99)}号" if not is_ascii and own != "traditional" else phone,
                "x",
            ]
        elif kind == "calls":
            row = [f"C{rng.randrange(10**9)}", pick(STATUSES), pick(STATUSES), clock, pick(STATUSES), ""]
        elif kind == "prose":
            row = [pick(SENTENCES), f"{number}", pick(SENTENCES), clock, phone, pick(SENTENCES)]
        elif kind in ("one cell", SHORT):
            cell = pick(rng.choice((NAMES, BRANDS))) if kind == SHORT else pick(rng.choice((PLACES, TRADES)))
            cell = cell if number == rows // 2 else rng.choice(ENGLISH)
            row = [cell, phone, f"{number}", clock, rng.choice(ENGLISH), f"{rng.random():.4f}"]
        elif kind == "rare":
            row = [
                pick(NAMES) if is_ascii or own == "traditional" else rng.choice(RARE),
                pick(STATUSES),
                phone,
                clock,
                "",
                pick(PLACES),
            ]
        else:
            row = [
                rng.choice(SENTENCES["kana"]) if not is_ascii else "kana",
                pick(PLACES),
                phone,
                clock,
                f"{number}",
                "",
            ]
        yield row[:width]


def foreign_files(count: int, seed: int) -> Iterator[tuple[str, str, bytes]]:
    """So many (encoding, text, bytes) of encodings that no feed of ours uses."""
    rng = random.Random(seed)
    for number in range(count):
        encoding = list(FOREIGN)[number % len(FOREIGN)]
        joiner = rng.choice((",", "\t", ";", "|"))
        rows = rng.choice((1, 2, 10, 300))
        width = rng.randint(2, 4)
        lines = [joiner.join(HEADERS["ascii"][0][:width])]
        for row in range(rows):
            cells = [rng.choice(FOREIGN[encoding]).replace(joiner, " ") for _ in range(width)]
            lines.append(joiner.join(cells if rows < 3 or rng.random() < 0.6 else [f"{row}", *ENGLISH][:width]))
        text = "\r\n".join(lines)
        yield encoding, text, text.encode("cp932" if encoding == "shift_jis" else encoding)


# --- scoring -----------------------------------------------------------------------------------------------------


def verdict(path: Path, made: Made) -> str:
    """'right', 'doubtful' or 'wrong …' of one generated file."""
    try:
        form = text_form(path, is_known_header)
    except DoubtfulText as doubt:
        return f"doubtful {doubt.what}"
    try:
        text = made.content.decode(form.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return f"wrong encoding {form.encoding}"
    true = made.content.decode(made.encoding).removeprefix("\ufeff")
    if text != true:
        return f"wrong encoding {form.encoding}"
    if made.kind != "one column" and form.delimiter != made.delimiter:
        return f"wrong delimiter {form.delimiter!r}"
    found = read_back(text, form)
    return "right" if found == [row for row in made.cells if row != [""]] else f"wrong quote {form.quote!r}"


def read_back(text: str, form: TextForm) -> list[list[str]]:
    """The records of a text in this form, without blank lines."""
    single = form.delimiter if len(form.delimiter) == 1 else "\ue000"
    lines = [line.replace(form.delimiter, single) for line in _lines(text)]
    reader = (
        csv.reader(lines, delimiter=single, quotechar=form.quote)
        if form.quote
        else csv.reader(lines, delimiter=single, quoting=csv.QUOTE_NONE)
    )
    return [[cell.replace(single, form.delimiter) for cell in record] for record in reader if record not in ([], [""])]


def _lines(text: str) -> list[str]:
    """Lines as a text file has them: str.splitlines would also split at \\x1f and the like."""
    plain = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    return [f"{line}\n" for line in plain.split("\n")]


def foreign_verdict(path: Path, text: str) -> str:
    """'right' where a file of a foreign encoding is doubted, or reads as the text it is."""
    try:
        encoding = text_encoding(path, is_known_header)
    except DoubtfulText:
        return "right"
    return "right" if path.read_bytes().decode(encoding, "replace") == text else f"wrong encoding {encoding}"


TRUE_FORMS = {
    "data/sample/bank_campaign/bank-additional-full.csv": ("utf-8", ";"),
    "data/sample/cn_hospitals/hospitals_flat.csv": ("utf-8", ","),
    "data/sample/call_log/*.csv": ("gb18030", ","),
    "shared/matching/*.csv": ("utf-8", ","),
    "shared/matching/*.tsv": ("utf-8", "\t"),
    "shared/labelled/*.csv": ("utf-8", ","),
    "shared/real/bank_marketing/*.csv": ("utf-8", ";"),
    "shared/real/rwfd_callcenter/*.csv": ("utf-8", ","),
    "shared/real/cn_hospitals/*.csv": ("utf-8", ","),
    "shared/real/anonymousbank/*.txt": ("utf-8", "\t"),
    "shared/reference/*.csv": ("utf-8", ","),
    "shared/csv/csv-spectrum/csvs/*.csv": ("utf-8", ","),
    "shared/dirty/*/*.csv": ("utf-8", ","),
}
"""Encoding and delimiter of the files that stand on disk, as a person sees them; UTF-8 also where all is ASCII."""
HAS_ONE_COLUMN = ("identity.RLdata500.tsv",)


def files_on_disk() -> Iterator[tuple[Path, str, str]]:
    """(file, encoding, delimiter) of the samples and of the shared data, where it is there."""
    shared = Path(os.environ.get("CCDATA_SHARED", PROJECT_DIR.parent / "shared")) / "data"
    for pattern, (encoding, delimiter) in TRUE_FORMS.items():
        folder, _, rest = pattern.partition("/")
        for path in sorted((shared if folder == "shared" else PROJECT_DIR / folder).glob(rest)):
            yield path, encoding, "," if path.name in HAS_ONE_COLUMN else delimiter


def no_header(cells: Sequence[str]) -> bool:
    """Nothing is known of the feed: the hardest case."""
    return False


def disk_verdict(path: Path, encoding: str, delimiter: str) -> str:
    """'right', 'doubtful' or 'wrong …' of a file on disk, with no header word known."""
    try:
        form = text_form(path, no_header)
    except DoubtfulText as doubt:
        return f"doubtful {doubt.what}"
    if (form.encoding, form.delimiter) == (encoding, delimiter):
        return "right"
    return f"wrong {form.encoding} {form.delimiter!r}"


RECODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")


def recoded(path: Path, encoding: str, folder: Path) -> Iterator[tuple[Path, str]]:
    """The Chinese files on disk in every other encoding that holds them."""
    text = path.read_bytes().decode(encoding)
    if text.isascii():
        return
    for other in RECODINGS:
        target = folder / f"{other}.csv"
        target.write_bytes(text.encode(other))
        yield target, other


def show(title: str, tallies: dict[tuple[str, str], Counter[str]]) -> None:
    """A table by group: right, doubtful, wrong."""
    print(f"\n{title:<28}{'files':>7}{'right':>7}{'doubt':>7}{'wrong':>7}")
    for key in sorted(tallies):
        tally = tallies[key]
        print(f"{' '.join(key):<28}{tally.total():>7}{tally['right']:>7}{tally['doubtful']:>7}{tally['wrong']:>7}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="name every file that is not right")
    options = parser.parse_args()
    began, everything, short = time.perf_counter(), Counter[str](), Counter[str]()
    tallies: dict[tuple[str, str], Counter[str]] = {}

    def count(key: tuple[str, str], found: str, what: str) -> None:
        tallies.setdefault(key, Counter())[found.split()[0]] += 1
        (short if SHORT in key else everything)[found.split()[0]] += 1
        if options.list and found != "right":
            print(f"{found}: {what}")

    with tempfile.TemporaryDirectory() as folder:
        for path, encoding, delimiter in files_on_disk():
            count(("on disk", encoding), disk_verdict(path, encoding, delimiter), path.name)
            for copy, other in recoded(path, encoding, Path(folder)):
                other = "utf-8" if other == "utf-8" else other
                count(("recoded", other), disk_verdict(copy, other, delimiter), f"{path.name} in {other}")
        for number, made in enumerate(made_files(options.files, options.seed)):
            path = Path(folder) / "made.csv"
            path.write_bytes(made.content)
            what = f"file {number} {made.encoding} {made.kind} {made.delimiter!r} {made.quote!r}, {len(made.content)} bytes"
            count((made.encoding, made.kind), verdict(path, made), what)
        for number, (encoding, text, content) in enumerate(foreign_files(options.files // 5, options.seed)):
            path = Path(folder) / "made.csv"
            path.write_bytes(content)
            count(("foreign", encoding), foreign_verdict(path, text), f"file {number} {encoding}, {len(content)} bytes")
    show("encoding and kind", tallies)
    print(f"\n{time.perf_counter() - began:.1f} s; shares of right, doubtful, wrong:")
    print(f"files of all kinds but '{SHORT}': {_shares(everything)}")
    print(f"'{SHORT}', of which 2 or 3 characters are all the evidence: {_shares(short)}")


def _shares(tally: Counter[str]) -> str:
    counts = ", ".join(f"{tally[name] / max(tally.total(), 1):.2%}" for name in ("right", "doubtful", "wrong"))
    return f"{counts} of {tally.total():,}"


if __name__ == "__main__":
    main()
