"""How a text is written: its encoding, and with it the form of its text.

The encoding is a verdict or a doubt. A mark at the start decides; then UTF-8, where the whole file is valid; else the
distinct pieces of text that hold bytes outside ASCII, taken from all over the file, are read in each encoding, and the
readings are weighed by how usual their characters are. An encoding wins only by a clear margin, also over encodings
that are no answer (Shift-JIS, EUC-KR, Windows-1252 …); otherwise DoubtfulText names the candidates.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ccdata_assets.landing.rows import IsHeader
from ccdata_assets.landing.text_form import DoubtfulText, TextForm, text_delimiter, text_quote

__all__ = [
    "DoubtfulText",
    "TextForm",
    "marked_or_utf16",
    "text_delimiter",
    "text_encoding",
    "text_form",
    "text_quote",
]

CHUNK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def text_form(
    path: Path,
    is_header: IsHeader,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
) -> TextForm:
    """Encoding, delimiter and quote of a delimited file; what is given is taken, what cannot be told is DoubtfulText."""
    encoding = encoding or text_encoding(path, is_header)
    delimiter = delimiter or text_delimiter(path, encoding, is_header)
    return TextForm(encoding, delimiter, text_quote(path, encoding, delimiter) if quote is None else quote)


# --- encoding: the verdict ---------------------------------------------------------------------------------------

_MARGIN = 6.0
"""By how much (natural log of the odds) a reading must beat the next one: 400 to 1."""
_VALID_UTF8 = 2.2
"""What it adds to UTF-8 that all of the bytes are valid in it."""
_HEADER_WORD = 10.0
"""What header words of the feed in the first lines add to a reading."""
_PRIOR = {"utf-8": 4.0, "gb18030": 0.0, "big5": -1.0}
"""Head start of an answer; what is no answer starts behind."""
_NO_ANSWER = {"shift_jis": "cp932", "euc-kr": "cp949", "euc-jp": "euc_jp", "windows-1252": "cp1252",
              "windows-1251": "cp1251", "koi8-r": "koi8_r"}  # fmt: skip
_NO_ANSWER_PRIOR = -4.0
_NOT_UTF8 = "an encoding that is not UTF-8"
_MIXED = "parts of it are in the one and parts in the other"
_UNKNOWN = "another encoding"
_UNKNOWN_BYTE = -4.7
"""Log of the share of one byte outside ASCII in text of no known kind: what any reading must beat."""


def text_encoding(path: Path, words: Callable[[Sequence[str]], bool] | None = None) -> str:
    """The encoding of a text file, a codec name; DoubtfulText where the bytes do not tell.

    `words` tells whether cells are a header of the feed, tried on the first lines of each reading. A few places that
    are no text in an encoding do not rule it out: their rows are quarantined when the file is read.
    """
    with path.open("rb") as file:
        head = file.read(65536)
    if name := marked_or_utf16(head):
        if name == "utf-8-sig" and _is_mostly_faulty(head):
            raise _encoding_doubt([name, "gb18030"], "it has the mark of UTF-8, yet most of its text is no UTF-8")
        return name
    found = _scan(path)
    if found.faults == 0 and (found.is_surely_utf8 or not found.parts):
        return "utf-8"
    return _judge(found, head, words)


def _judge(found: _Scan, head: bytes, words: Callable[[Sequence[str]], bool] | None) -> str:
    pieces = b"\n".join(dict.fromkeys(piece for part in found.parts for piece in part))
    readings = _readings(pieces, found.faults == 0)
    if words is not None:
        for reading in readings:
            if reading.codec and _has_words(head, reading.codec, words):
                reading.weight += _HEADER_WORD
    best = max(readings, key=lambda reading: reading.weight)
    rivals = [
        reading.name
        for reading in sorted(readings, key=lambda reading: -reading.weight)
        if reading.text != best.text and best.weight - reading.weight < _MARGIN
    ]
    if best.name not in _PRIOR:
        if min(found.utf8_lines, found.other_lines) >= 3:
            raise _encoding_doubt(["utf-8", _NOT_UTF8], _MIXED)
        likely = [reading.name for reading in readings if reading.name in _PRIOR and reading.name in rivals]
        raise _encoding_doubt([best.name, *(likely or rivals)], "its text is usual in none of utf-8, gb18030 and big5")
    if rivals:
        size = sum(byte > 127 for byte in pieces)
        raise _encoding_doubt([best.name, *rivals], f"its {size} distinct bytes outside ASCII read as text in each")
    if other := _second_encoding(found, best.name):
        raise _encoding_doubt([best.name, other], _MIXED)
    return _big5_codec(pieces) if best.name == "big5" else best.name


def _encoding_doubt(candidates: list[str], reason: str) -> DoubtfulText:
    return DoubtfulText(
        "encoding",
        candidates,
        reason,
        "declare source.encoding in the contract, or export the file in UTF-8",
    )


def _second_encoding(found: _Scan, name: str) -> str | None:
    """Another encoding in which a fair part of the file surely is: two exports joined in one file."""
    utf8, other = found.utf8_lines, found.other_lines
    if name != "utf-8" and utf8 >= 3 and utf8 > 0.05 * (utf8 + other):
        return "utf-8"
    if name == "utf-8" and other >= 3 and other > 0.25 * (utf8 + other):
        return _NOT_UTF8
    for part in found.parts:
        readings = _readings(b"\n".join(dict.fromkeys(part)))
        mine = next(reading.weight for reading in readings if reading.name == name)
        best = max((reading for reading in readings if reading.name in _PRIOR), key=lambda reading: reading.weight)
        if best.weight - mine > 5 * _MARGIN:
            return best.name
    return None


def _is_mostly_faulty(head: bytes) -> bool:
    text = head.decode("utf-8-sig", "replace")
    return text.count("\ufffd") > max(sum(character > "\x7f" for character in text) / 2, 4)


def _big5_codec(pieces: bytes) -> str:
    """cp950 (Big5 as Windows writes it), or big5hkscs where it reads more of the text."""
    faults = {codec: pieces.decode(codec, "replace").count("\ufffd") for codec in ("cp950", "big5hkscs")}
    return "big5hkscs" if faults["big5hkscs"] < faults["cp950"] else "cp950"


_SPLIT_CELLS = re.compile(r"""[,\t;|:^~#@$&\x01-\x08\x1c-\x1f"']+""")


def _has_words(head: bytes, codec: str, words: Callable[[Sequence[str]], bool]) -> bool:
    """True where one of the first lines holds header words of the feed that are not plain ASCII."""
    lines = [line for line in head[:20_000].splitlines() if line.strip()][:5]
    cells = [cell for line in lines for cell in _SPLIT_CELLS.split(line.decode(codec, "replace"))]
    return words([cell for cell in cells if cell.strip() and not cell.isascii()])


# --- encoding: the evidence --------------------------------------------------------------------------------------

_PIECE = re.compile(rb"[A-Za-z]?(?:[\x80-\xff]+[\x30-\x39\x40-\x7e]?)+")
"""Bytes outside ASCII with the ASCII bytes that may belong to them in GB18030, Big5 or Shift-JIS."""
_PIECE_BYTES = 1200
_PART_PIECES = 1500
_PARTS = 24
_PLACE_BYTES = 65536
_MANY_FAULTS = 2000
_NO_HIGH = bytes(range(128))


@dataclass
class _Scan:
    """What one pass over the bytes found: UTF-8 or not, and pieces of text from several places of the file."""

    faults: int = 0
    """Places that are no UTF-8; counting ends once it surely is not."""
    is_surely_utf8: bool = False
    """Sequences are among them that no other encoding gives by chance."""
    parts: list[list[bytes]] = field(default_factory=list)
    """Distinct pieces by place."""
    utf8_lines: int = 0
    other_lines: int = 0

    def look(self, lines: bytes) -> None:
        """Keep the pieces of these lines as one part."""
        pieces: dict[bytes, None] = {}
        for line in lines.splitlines():
            if line.isascii():
                continue
            try:
                self.utf8_lines += bool(_SURE.search(line.decode()))
            except UnicodeDecodeError:
                self.other_lines += 1
            pieces.update(dict.fromkeys(piece[:_PIECE_BYTES] for piece in _PIECE.findall(line)))
            if len(pieces) > _PART_PIECES:
                break
        if pieces:
            self.parts.append(list(pieces))


class _NoUtf8(Exception):
    pass


def _scan(path: Path) -> _Scan:
    """Read the file as UTF-8 to its end, or until it surely is not; then look at places spread over the rest."""
    found = _Scan()

    def note(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        found.faults += 1
        if found.faults % _MANY_FAULTS == 0:
            high = len(error.object[: error.start].translate(None, _NO_HIGH))
            if min(found.faults, _MANY_FAULTS) > high / 5:
                raise _NoUtf8
        return ("\ufffd", error.start + 1)

    codecs.register_error("ccdata-count", note)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="ccdata-count")
    carried, seen, every = b"", 0, 1
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if chunk.isascii() and not decoder.getstate()[0]:
                carried = _last_line(chunk)
                continue
            try:
                text = decoder.decode(chunk)
                found.is_surely_utf8 = found.is_surely_utf8 or _is_surely_utf8(text) or _LOST in chunk
                is_utf8 = True
            except _NoUtf8:
                is_utf8 = False
            if found.faults or not found.is_surely_utf8:
                if seen % every == 0:
                    found.look(carried + (chunk[: -len(_last_line(chunk)) or None] if len(chunk) == CHUNK else chunk))
                seen += 1
                if len(found.parts) >= _PARTS:
                    found.parts, every = found.parts[::2], every * 2
            if not is_utf8:
                _look_around(path, file.tell(), found)
                return found
            carried = _last_line(chunk)
    decoder.decode(b"", final=True)
    return found


def _last_line(chunk: bytes) -> bytes:
    """The beginning of the line that goes on in the next chunk; nothing where it is very long."""
    line = chunk[max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1 :]
    return line if len(line) < _PLACE_BYTES else b""


def _look_around(path: Path, start: int, found: _Scan) -> None:
    """Look at whole lines of places spread evenly from `start` to the end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for place in range(start, size, max((size - start) // _PARTS, _PLACE_BYTES)):
            file.seek(place)
            block = file.read(_PLACE_BYTES)
            lines = re.split(rb"[\r\n]+", block)
            found.look(b"\n".join(lines[1:-1]))


_SURE = re.compile("[\u0800-\ufffc\U00010000-\U0010ffff]")
_LOST = "\ufffd".encode()
"""What a converter writes for a character it lost."""


def _is_surely_utf8(text: str) -> bool:
    """Valid sequences of three or four bytes, or a dozen of two, are no accident."""
    return bool(_SURE.search(text)) or sum(character > "\x7f" for character in text) > 12


@dataclass
class _Reading:
    """The pieces as one encoding reads them, and how likely that text is."""

    name: str
    codec: str
    text: str
    weight: float


def _readings(pieces: bytes, is_utf8: bool = False) -> list[_Reading]:
    """The pieces in each encoding that is an answer or a foil; `is_utf8`: they are valid UTF-8, which is a sign."""
    readings = []
    codec_of = {"utf-8": "utf-8", "gb18030": "gb18030", "big5": _big5_codec(pieces), **_NO_ANSWER}
    for name, codec in codec_of.items():
        text = pieces.decode(codec, "replace")
        weight = (
            _likelihood(text, _script(name))
            + _PRIOR.get(name, _NO_ANSWER_PRIOR)
            + (name == "utf-8" and is_utf8) * _VALID_UTF8
        )
        if name == "euc-jp" and _KANA.search(text):
            weight -= _NO_ANSWER_PRIOR
        readings.append(_Reading(name, codec, text, weight))
    high = sum(len(run) for run in re.findall(rb"[\x80-\xff]+", pieces))
    rest = len(pieces) - high
    readings.append(_Reading(_UNKNOWN, "", "", _UNKNOWN_BYTE * high + _ASCII * rest + _NO_ANSWER_PRIOR))
    return readings


_KANA = re.compile("[\u3041-\u30ff]{2}")
"""Two kana in a row: the text is Japanese, and EUC-JP, whose kana are those of GB 2312, as likely as any."""


def _script(name: str) -> str:
    return {"big5": "traditional", "shift_jis": "japanese", "euc-jp": "japanese"}.get(name, "both")


# --- how usual a text is -----------------------------------------------------------------------------------------

_ASCII = -math.log(40)
_RUNS = re.compile(
    "(?P<kana>[\u3041-\u30ff\u3005]{2,})|(?P<hangul>[\uac00-\ud7a3]{2,})|(?P<halfwidth>[\uff61-\uff9f]{3,})"
    "|(?P<cyrillic>[А-ЯЁ]?[а-яё]{2,})|(?P<script>[\u0370-\u03ff]{3,}|[\u0590-\u05ff]{3,}|[\u0600-\u06ff]{3,})"
    "|(?P<latin>(?<=[A-Za-z])[À-ɏ](?![À-ɏ])|(?<![À-ɏ])[À-ɏ](?=[A-Za-z]))"
)
_RUN_COST = {"kana": (-6.0, -4.3), "hangul": (-3.0, -5.6), "halfwidth": (-6.0, -4.6), "cyrillic": (-4.0, -3.3),
             "script": (-6.0, -4.0), "latin": (0.0, -4.2)}  # fmt: skip
"""Log of the odds of beginning such a run, and of each of its characters."""


def _likelihood(text: str, script: str) -> float:
    """Natural log of how likely a text is: runs of a foreign script by their length, all else character by character."""
    total = 0.0

    def take(hit: re.Match[str]) -> str:
        nonlocal total
        start, each = _RUN_COST[str(hit.lastgroup)]
        total += start + each * len(hit[0])
        if hit.lastgroup == "hangul":
            total += sum(1.4 if syllable in _HANGUL else -1.5 for syllable in hit[0])
        return ""

    rest = _RUNS.sub(take, text)
    weights = _han_weights(script)
    return total + sum(
        count * (_ASCII if character < "\x80" else weights.get(character) or _other_weight(character))
        for character, count in Counter(rest).items()
    )


_USUAL_MARKS = frozenset("，。、；：？！（）《》【】「」『』“”‘’—…％－／＋＝～〔〕　０１２３４５６７８９")


@cache
def _other_weight(character: str) -> float:
    """Log of the share of a character that is no Chinese character of GB 2312 or Big5."""
    if character in _USUAL_MARKS:
        return -6.5
    point = ord(character)
    if 0x4E00 <= point <= 0x9FFF:
        return -14.0
    if point == 0xFFFD or 0xE000 <= point <= 0xF8FF or point < 0xA0:
        return -17.0
    if "！" <= character <= "～":
        return -8.5
    if 0xA0 <= point <= 0x2AF:
        return -9.0 if character.isalpha() else -7.0
    if 0x2000 <= point <= 0x24FF or 0x25A0 <= point <= 0x266F or 0x3000 <= point <= 0x303F:
        return -10.0
    if 0x3040 <= point <= 0x30FF or 0xFF61 <= point <= 0xFF9F:
        return -11.0
    if 0x3400 <= point <= 0x4DBF or 0x20000 <= point <= 0x2CEAF or 0xF900 <= point <= 0xFAFF:
        return -14.0
    return -13.0


@cache
def _han_weights(script: str) -> dict[str, float]:
    """Log of the share of each Chinese character: the usual ones by rank, then the first and second level of the sets."""
    simplified = _shares(_USUAL, _gb(0xB0, 0xD8), _gb(0xD8, 0xF8))
    traditional = _shares(_USUAL.translate(_TO_TRADITIONAL) + _CANTONESE, _big5(0xA4, 0xC7), _big5(0xC9, 0xFA))
    japanese = _shares("", _jis(0xB0, 0xD0), _jis(0xD0, 0xF5))
    parts = {"both": (0.7, 0.3, 0.0), "traditional": (0.0, 1.0, 0.0), "japanese": (0.3, 0.4, 0.3)}[script]
    sets = (simplified, traditional, japanese)
    return {
        character: math.log(
            sum(part * shares.get(character, 0.0) for part, shares in zip(parts, sets, strict=True)) or 1e-7
        )
        for character in simplified | traditional | japanese
    }


def _shares(usual: str, first: str, second: str) -> dict[str, float]:
    level = {**dict.fromkeys(second, 0.005 / len(second)), **dict.fromkeys(first, 0.15 / len(first))}
    ranks = {character: 1 / (rank + 80) for rank, character in enumerate(usual)}
    unit = 0.84 / (sum(ranks.values()) or 1.0)
    return {**level, **{character: rank * unit for character, rank in ranks.items()}}


def _gb(first: int, last: int) -> str:
    return b"".join(bytes([a, b]) for a in range(first, last) for b in range(0xA1, 0xFF)).decode("gb2312", "ignore")


def _jis(first: int, last: int) -> str:
    return b"".join(bytes([a, b]) for a in range(first, last) for b in range(0xA1, 0xFF)).decode("euc_jp", "ignore")


def _big5(first: int, last: int) -> str:
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    return b"".join(bytes([a, b]) for a in range(first, last) for b in trails).decode("big5", "ignore")


# Chinese characters of business data and of plain text, the most usual first.
_USUAL = (
    "市省区信动的县州通中电有自南一人大西移时不地在山是江号东联和上同机来安个他了新我这生到治为们发出以要海分行国北成会道用可子长手广说业家就理开经天作工能也对河那后过你都于下公定里而阳得所已年着无本部之重"
    "平内日方四进前文事建多法种宁去尔城转然其路间学实数化起话如当心三么现民主面湖明小林门关意保没合原族云看水样德好还司龙回外金务因全制川些克高苏与从期十只体特第源产口微但她者知力名政呼物头浦等件应性此军它"
    "想思把处常接情果解正限使加二入镇昌放或什斯青庆表美见义点任系吉福次向科问度由及两月结卫指最院提记并将别又利古据运相品华设甘蒙石代很博巴资位员被活服量报台战白管兴医茅单达太黄樊目计各户洋伊己客街清技打黑"
    "程则完拉辽身先教张园感条布马委老襄空立交给收郭非类队商济权京乡儿更未认世造题声许场集网贵气真满变总包论少受比元神听决告深规走至浙女连何再线几命求格取办藏社永界色统器疆准直楼列武流厦形标息木夏码式率消装"
    "边康基五万反销必备光银称徽才术店陕乌始展编虚座约需且传容做乐拟批专齐责雄书弃存审临苗英席春泰便查栋难组质照份密铁室创易企肃即强调师象兰眼田导投望坐宝低待王录额团像改共职段住顺却退级料项施识该带评示询维"
    "核观双址曲泽庄飞械议领络米犁吴切车宿鲁图断费失今输死觉邮余周丹步杭采售落确农订持影育凤咨算诉极箱站让环池花修房港价志访近咸佳村况梁筑营候越酒根款郑笔争病秦唐餐盛贸往预材徐鄂验府丽研账宜股织究半软饰阿习"
    "食怀火局片精惠饮健助训壮疗汽培吾邢津媒梅沈柳珠李矿姓仁温吕宣湛须具黔哈贝挂厂隆邵毕嘉讨配左卡叫充符红峰焦球岛税男零浩景亿罗药韶胶贡封泉桂溪游贺超陶复波贷购诊汉库束层旅娄瑞冶律印钢证纺险巷塑纸宇范索瓷沙"
    "富凯玉玻璃弄章淮幢史申荣彭礼优铜橡智杨谷陈洛延严祥谢租阴洪麻陆纪远玩诚刷赁陵担邹恒濮券暂钟祁皮汤班姜姚秘财卖钱字柯葛柏孟曹韩典赵拍睿孙萍毛滨晋禹萧董雷霍尤支干冯魏朱岑蒋戚廉秀勒褚孔潘舒虞韦穆郎敏诸滕寿"
    "音莱喻坊窦童薛袁锡奚静喀抚态蒲黎鲍羊汪俞凌酆殷蓬岭庞圳苍伍闻霞倪侯郝戴晏顾卞杜邬普闵卢傅栾蔡状蓝均尹卜贾储邱危宋祝邓颜牧百沧宗伏鱼狄胡劳谈臧熊湾阜依屈阮季丁翁按叶骆郁莫扶功衡宾宫刁仲尚牛裘蓟巫旺缪凉暴"
    "威芮崔辉钮龚裴冀锦荀供弓鸡甄卓靳柴桑隗仰雨秋燕刘宓薄党莘幸祖仇蔺厉戎梦屠詹属郊鹤固郜籍赖戈岗邰宰乔免靖整胥禄迁芳止翟雍香谭堵洁逄姬涵朝梓彬快郦冉湘登盐六璩阎瞿艾扈芬喜伟慕刚欣茹宦慎廖鹏娜艳检杰磊丰雪勇"
    "涛效娟玲错速绥轩填怡荆晓节宏琪塔离沂婷晨倩颖琳莹九帆鑫旗靠土斌彝萨旭孜崇昆丘汇谐型潭饶郸肥榆契汕邯遵赣拒渠含烟盘恩汾芜鞍随否聊岩漳冈赤绍肇潍扬松伦孝树洲潮渭淄腾除坝付纳绝承防牡郴版遂排堰芦拨桥末泸楚秒"
    "忻润语益昭滁绵岳芝察枣番驻盟置菏雅误玛枝请浮写衢注梧舟揭皇顶廊潜峡善翔葫莆鸭测鼎掖怒撤划默茂眉警桃钦洱株铭慧佛增留休页另朔构晟七值读每屯监忠鸿急彦陇亚底壁哲嘴埠仓启淖货隔首漯尾闭负障蚌吐副废例莞试巢侗"
    "故授仙邑尼亳扰鹰签簿际序忙鼓攀历档括减仪迪夹楞令模亡鲜选答星册停引响沁振井油灵峪鹿甸竹败续横执热澄塘涪般足勿亭汝派跟终杂珲儋述搜草泄琼辅洗附早茶吊围假官架案傣虎奎妇潼境析升澳归坪幼闲奉护羌垣简慈潢致植"
    "甲栖紧桐射端扣获纤较艺右脱浏描群墨滩板介托乳补久屏绪電考径煤铃泗嵊融沟胜牟积寨偃話禺征馆冷闸骚浪坡础推棱言椒溧铺洞风陀视途潞详判某扎渝伙载染校遣履航差淀票域控禁辖众播养居灌瑶互阶坛短傈僳贤督淳链爱綦堡"
    "苑荔露燃驳峨翠栗套措丢沾士灯業压碌沿轮送剑皋桦兖搬裕沅區棉独邳览號炭庭滦综滑革显炼墅液柜瓯截繁邛涉妥垦姑突估块初熟涿匀渡良崃虑纷溢稿纠聯友磐柔崖翼岸散轻八冲脚寻招摘藁斗疾巩郧梨堆璧讯暨嘎译凭莲盖稱颇蛟"
)  # fmt: skip
# Those that are written otherwise in traditional text, and how.
_SIMPLIFIED = (
    "区动县电时号东联机来个这为们发国会长广说业开经对后过于里阳无内进种宁尔转间学实数话当么现门关没云样还龙务苏与从体产头应军处镇庆见义点问两结卫记并将别据运华设资员报台战兴医单达黄计户则辽张园条马给类队济"
    "权乡儿认题声许场网贵气满变总论听决规连线几办统准楼厦标码装边万销备银称术陕乌编虚约传乐拟专齐责书弃审临栋难组质铁创肃强调师兰导宝录额团职顺却级项识该带评询维观双泽庄飞议领络吴车鲁图断费输觉邮余采确农订"
    "凤咨诉极让环价访况筑营郑笔争贸预验丽账织软饰习怀饮训壮疗矿温吕须贝挂厂毕讨红岛税亿罗药胶贡游贺复贷购诊汉库层娄钢证纺险纸范凯荣礼优铜杨陈严谢阴陆纪远诚赁担邹恒暂钟汤财卖钱韩赵孙滨晋萧干冯蒋韦诸寿莱窦锡"
    "静抚态鲍岭庞苍闻顾邬闵卢栾状蓝贾储邓颜沧鱼劳谈湾叶骆宾宫蓟缪凉辉钮龚锦鸡刘党蔺厉梦属鹤赖岗乔禄迁谭洁郦盐阎伟刚鹏艳检杰丰涛错绥轩荆晓节离颖莹萨汇谐饶郸赣烟盘芜随岩冈绍潍扬伦树腾坝纳绝芦拨桥泸润语绵枣驻"
    "误玛请写顶潜峡鸭测划钦铭页构读监鸿陇亚仓启货闭负废试扰鹰签际历档减仪夹鲜选册响灵败续横执热终杂珲琼辅围妇归闲护简栖紧获纤较艺脱浏群滩补绪径铃沟胜积征馆闸骚础铺风视详伙载淀辖众养瑶阶坛贤链爱驳丢灯压轮剑"
    "桦兖独览滦综显炼柜瓯垦块匀崃虑纷纠轻冲脚寻斗巩郧讯译凭莲盖颇"
)  # fmt: skip
_TRADITIONAL = (
    "區動縣電時號東聯機來個這爲們發國會長廣說業開經對後過於裡陽無內進種寧爾轉間學實數話當麼現門關沒雲樣還龍務蘇與從體產頭應軍處鎮慶見義點問兩結衛記並將別據運華設資員報臺戰興醫單達黃計戶則遼張園條馬給類隊濟"
    "權鄉兒認題聲許場網貴氣滿變總論聽決規連線幾辦統準樓廈標碼裝邊萬銷備銀稱術陝烏編虛約傳樂擬專齊責書棄審臨棟難組質鐵創肅強調師蘭導寶錄額團職順卻級項識該帶評詢維觀雙澤莊飛議領絡吳車魯圖斷費輸覺郵餘採確農訂"
    "鳳諮訴極讓環價訪況築營鄭筆爭貿預驗麗賬織軟飾習懷飲訓壯療礦溫呂須貝掛廠畢討紅島稅億羅藥膠貢遊賀復貸購診漢庫層婁鋼證紡險紙範凱榮禮優銅楊陳嚴謝陰陸紀遠誠賃擔鄒恆暫鍾湯財賣錢韓趙孫濱晉蕭幹馮蔣韋諸壽萊竇錫"
    "靜撫態鮑嶺龐蒼聞顧鄔閔盧欒狀藍賈儲鄧顏滄魚勞談灣葉駱賓宮薊繆涼輝鈕龔錦雞劉黨藺厲夢屬鶴賴崗喬祿遷譚潔酈鹽閻偉剛鵬豔檢傑豐濤錯綏軒荊曉節離穎瑩薩匯諧饒鄲贛煙盤蕪隨巖岡紹濰揚倫樹騰壩納絕蘆撥橋瀘潤語綿棗駐"
    "誤瑪請寫頂潛峽鴨測劃欽銘頁構讀監鴻隴亞倉啓貨閉負廢試擾鷹籤際歷檔減儀夾鮮選冊響靈敗續橫執熱終雜琿瓊輔圍婦歸閒護簡棲緊獲纖較藝脫瀏羣灘補緒徑鈴溝勝積徵館閘騷礎鋪風視詳夥載澱轄衆養瑤階壇賢鏈愛駁丟燈壓輪劍"
    "樺兗獨覽灤綜顯煉櫃甌墾塊勻崍慮紛糾輕衝腳尋鬥鞏鄖訊譯憑蓮蓋頗"
)  # fmt: skip
_TO_TRADITIONAL = str.maketrans(_SIMPLIFIED, _TRADITIONAL)
_CANTONESE = "嘅咗啲佢喺嚟冇唔哋咁嗰俾嘢埗邨乜咩啱攞睇瞓噉嘥揾"
"""Of Hong Kong, partly outside Big5."""
_HANGUL = frozenset(
    "이다는의에을가고지도하로기사한자를어리은서대인시정그나장수스상조일아부해원라전주구보제여성동우만안유공과신산모세오무국"
    "중화들있면했으니게거것년위회학생각비내말마바드경치요연실적개단당속선반발미간소습식용업통문물방법계관역남북강김박최호진영"
    "명번호름주소전화울광천복입출금액시군읍청및등"
)


# --- UTF-16 and marks --------------------------------------------------------------------------------------------


def marked_or_utf16(head: bytes) -> str | None:
    """The encoding that the first bytes of a text tell: by a mark, or as UTF-16 without one."""
    return next((name for bom, name in _BOMS if head.startswith(bom)), None) or _unmarked_utf16(head)


def _unmarked_utf16(head: bytes) -> str | None:
    """utf-16-le or utf-16-be where the bytes read in pairs are usual text in one order and not in the other."""
    if 0 not in head:
        return None
    even = head[: len(head) // 2 * 2]
    shares = {codec: _plausible_share(even.decode(codec, "replace")) for codec in ("utf-16-le", "utf-16-be")}
    best = max(shares, key=lambda codec: shares[codec])
    return best if shares[best] > 0.85 and shares[best] - min(shares.values()) > 0.25 else None


def _plausible_share(text: str) -> float:
    """Share of characters that text of our sources holds; none where no end of line, delimiter or brace is among them."""
    counts = Counter(text)
    if not any(counts[mark] for mark in "\n\r,\t;|{"):
        return 0.0
    usual = _han_weights("both")
    good = sum(
        count
        for character, count in counts.items()
        if " " <= character <= "~"
        or character in "\n\r\t\x01\x1f\ufeff"
        or usual.get(character, -20.0) > -14.0
        or character in _USUAL_MARKS
        or "\u3040" <= character <= "\u30ff"
        or "\ud800" <= character <= "\udfff"
    )
    return good / max(len(text), 1)
