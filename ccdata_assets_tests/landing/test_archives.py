"""Archives: every file in them is found, under its right name, and none can fill the disk."""

from __future__ import annotations

import base64
import gc
import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.landing import archives
from ccdata_assets.landing.archives import Budget, RefusedFile, unpack
from ccdata_assets.landing.open import READERS, open_file
from ccdata_assets.landing.rows import Limits, Member, OverLimit, ReadOptions, UnreadableFile, make_batch
from ccdata_assets_tests.world import World, make_settings

TABLE = "名称,电话\n甲公司,1\n".encode()


def contents(
    path: Path, kind: str, limits: Limits = Limits(), workdir: Path | None = None
) -> list[tuple[str, bytes | str]]:
    """(name, content or why there is none) of each file in an archive."""
    found: list[tuple[str, bytes | str]] = []
    for name, file in unpack(path, kind, Budget(limits, path.stat().st_size), workdir):
        if isinstance(file, RefusedFile):
            found.append((name, file.reason))
        else:
            found.append((name, file.read_bytes()))
    return found


def put(folder: Path, content: bytes, name: str = "archive") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def zipped(members: Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return content.getvalue()


def zipped_on_windows(name: str, encoding: str, extra: bytes = b"") -> bytes:
    """A zip whose one name is bytes of an old code page without the UTF-8 flag."""
    raw = name.encode(encoding)
    place = b"x" * len(raw)
    info = zipfile.ZipInfo(place.decode())
    info.extra = extra
    return zipped([(info, TABLE)]).replace(place, raw)


# --- one packed file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "pack"),
    [("gzip", gzip.compress), ("zstd", lambda data: pa.compress(data, codec="zstd", asbytes=True))],
    ids=["gzip", "zstd"],
)
class TestPackedFile:
    def test_all_frames_of_a_packed_file_are_read(self, tmp_path: Path, kind: str, pack) -> None:
        path = put(tmp_path, pack(TABLE) + pack("乙公司,2\n".encode()))
        assert contents(path, kind) == [("", TABLE + "乙公司,2\n".encode())]

    def test_a_packed_file_that_was_cut_short_is_unreadable(self, tmp_path: Path, kind: str, pack) -> None:
        path = put(tmp_path, pack(TABLE * 50)[:-6])
        with pytest.raises(UnreadableFile, match="damaged or cut short; fix:"):
            contents(path, kind)

    def test_something_behind_the_end_is_damage(self, tmp_path: Path, kind: str, pack) -> None:
        with pytest.raises(UnreadableFile, match="damaged"):
            contents(put(tmp_path, pack(TABLE) + b"something else"), kind)

    def test_a_packed_tar_is_an_archive_of_its_files(self, tmp_path: Path, kind: str, pack) -> None:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            for name, type_ in [
                ("一月/表.csv", tarfile.REGTYPE),
                ("link", tarfile.SYMTYPE),
                ("dir", tarfile.DIRTYPE),
                ("../../etc/x.csv", tarfile.REGTYPE),
            ]:
                info = tarfile.TarInfo(name)
                info.type, info.linkname = type_, "/etc/passwd"
                info.size = len(TABLE) if type_ == tarfile.REGTYPE else 0
                archive.addfile(info, io.BytesIO(TABLE))
        assert contents(put(tmp_path, pack(content.getvalue())), kind) == [
            ("一月/表.csv", TABLE),
            ("../../etc/x.csv", TABLE),
        ]

    def test_a_packed_file_is_unpacked_no_further_than_the_limit(self, tmp_path: Path, kind: str, pack) -> None:
        path = put(tmp_path, pack(bytes(5_000_000)))
        with pytest.raises(OverLimit, match="CCDATA_MAX_EXPANDED_BYTES"):
            contents(path, kind, Limits(expanded_bytes=4_000_000), tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["archive"]


def test_zeros_that_fill_the_last_block_of_a_gzip_are_no_damage(tmp_path: Path) -> None:
    assert contents(put(tmp_path, gzip.compress(TABLE) + bytes(512)), "gzip") == [("", TABLE)]


# --- zip ---------------------------------------------------------------------------------------------------------


def test_the_files_of_a_zip_come_in_its_order_without_what_systems_add(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = 0o120777 << 16
    members: list[tuple[str | zipfile.ZipInfo, bytes]] = [
        ("二月.csv", b"2"),
        ("folder/", b""),
        ("__MACOSX/._一月.csv", b"x"),
        ("folder/.DS_Store", b"x"),
        ("Thumbs.db", b"x"),
        (link, b"/etc/passwd"),
        ("一月.csv", b"1"),
    ]
    assert contents(put(tmp_path, zipped(members)), "zip") == [("二月.csv", b"2"), ("一月.csv", b"1")]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("客户名单.csv", "gb18030"),
        ("二〇二六年报表/一月.csv", "gbk"),
        ("客户名单.csv", "utf-8"),
        ("a.csv", "ascii"),
        ("客戶名單", "gbk"),
    ],
)
def test_names_without_the_flag_of_utf8_are_read_as_chinese(tmp_path: Path, name: str, encoding: str) -> None:
    assert contents(put(tmp_path, zipped_on_windows(name, encoding)), "zip") == [(name, TABLE)]


def test_the_name_in_the_unicode_field_wins(tmp_path: Path) -> None:
    name, raw = "客户名单.csv", b"??.csv"
    value = b"\x01" + struct.pack("<L", zlib.crc32(raw)) + name.encode()
    extra = struct.pack("<HH", 0x7075, len(value)) + value
    info = zipfile.ZipInfo(raw.decode())
    info.extra = extra
    assert contents(put(tmp_path, zipped([(info, TABLE)])), "zip") == [(name, TABLE)]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_dangerous_and_repeated_names_are_names_and_nothing_else(tmp_path: Path) -> None:
    names = ["../../out.csv", "/etc/out.csv", "C:\\x\\..\\out.csv", "a.csv", "a.csv", "a\n\x1b.csv"]
    workdir = tmp_path / "work"
    workdir.mkdir()
    found = contents(put(tmp_path, zipped([(name, TABLE) for name in names])), "zip", workdir=workdir)
    assert [name for name, _ in found] == [*names[:4], "a.csv (2)", "a__.csv"]
    assert {content for _, content in found} == {TABLE}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["archive", "work"] and not list(workdir.iterdir())


def test_a_file_is_there_until_the_next_is_asked_for(tmp_path: Path) -> None:
    path = put(tmp_path, zipped([("a", b"1"), ("b", b"2")]))
    workdir = tmp_path / "work"
    workdir.mkdir()
    files = unpack(path, "zip", Budget(Limits(), path.stat().st_size), workdir)
    _, first = next(files)
    assert first.parent == workdir and first.read_bytes() == b"1"
    _, second = next(files)
    assert not first.exists() and second.read_bytes() == b"2"
    files.close()  # type: ignore[attr-defined]
    assert not list(workdir.iterdir())


def test_a_locked_file_costs_only_itself(tmp_path: Path) -> None:
    content = bytearray(zipped([("a.csv", TABLE), ("b.csv", TABLE)]))
    for place in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[place] |= 1
    found = contents(put(tmp_path, bytes(content)), "zip")
    assert "password" in str(found[0][1]) and found[1] == ("b.csv", TABLE)


def test_a_file_with_a_wrong_checksum_costs_only_itself(tmp_path: Path) -> None:
    content = bytearray(zipped([("a.csv", TABLE), ("b.csv", TABLE)], zipfile.ZIP_STORED))
    content[content.index("甲".encode())] ^= 1
    found = contents(put(tmp_path, bytes(content)), "zip")
    assert "damaged" in str(found[0][1]) and found[1] == ("b.csv", TABLE)


def test_a_file_packed_in_an_unknown_way_says_which(tmp_path: Path) -> None:
    found = contents(put(tmp_path, zipped([("a.csv", TABLE)], zipfile.ZIP_BZIP2)), "zip")
    assert "bzip2" in str(found[0][1])


def test_what_the_directory_says_of_the_size_is_not_believed(tmp_path: Path) -> None:
    content = bytearray(zipped([("a.csv", bytes(3_000_000))]))
    place = content.index(b"PK\x01\x02") + 24
    struct.pack_into("<L", content, place, 1)
    assert "damaged" in str(contents(put(tmp_path, bytes(content)), "zip")[0][1])
    struct.pack_into("<L", content, place, 4_000_000_000)
    path = put(tmp_path, bytes(content))
    assert contents(path, "zip") == [("a.csv", bytes(3_000_000))]
    with pytest.raises(OverLimit):
        contents(path, "zip", Limits(expanded_bytes=2_000_000))


def test_files_that_share_their_bytes_are_counted_each_time(tmp_path: Path) -> None:
    """An overlapping bomb: many entries of the directory lead to the same packed bytes."""
    single = zipped([("a.csv", bytes(1_000_000))])
    start = single.index(b"PK\x01\x02")
    end = single.index(b"PK\x05\x06")
    entry, tail = single[start:end], bytearray(single[end:])
    struct.pack_into("<HHLL", tail, 8, 50, 50, len(entry) * 50, start)
    path = put(tmp_path, single[:start] + entry * 50 + bytes(tail))
    with pytest.raises(OverLimit, match="CCDATA_MAX_EXPANDED_BYTES"):
        contents(path, "zip", Limits(expanded_bytes=20_000_000))


def test_the_ratio_counts_only_from_where_it_can_hurt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, zipped([("a.csv", bytes(3_000_000))]))
    assert contents(path, "zip", Limits(expansion=2))
    monkeypatch.setattr(archives, "RATIO_FROM_BYTES", 2_000_000)
    with pytest.raises(OverLimit, match="CCDATA_MAX_EXPANSION"):
        contents(path, "zip", Limits(expansion=2))


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, zipped([(f"{n}.csv", TABLE) for n in range(4)]))
    with pytest.raises(OverLimit, match="CCDATA_MAX_MEMBERS"):
        contents(path, "zip", Limits(members=3))


@settings(max_examples=150, deadline=None)
@given(st.floats(0.05, 1), st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=4))
def test_no_damage_to_a_zip_gives_anything_but_a_verdict(
    tmp_path_factory: pytest.TempPathFactory, cut: float, changes: list[tuple[float, bytes]]
) -> None:
    base = zipped([("一月.csv", TABLE * 9), ("二月.csv", TABLE)])
    content = bytearray(base[: max(int(len(base) * cut), 8)])
    for place, change in changes:
        at = int((len(content) - 4) * place)
        content[at : at + len(change)] = change
    path = put(tmp_path_factory.mktemp("zip"), bytes(content))
    try:
        found = contents(path, "zip")
    except UnreadableFile:
        return
    for _, content_or_reason in found:
        assert content_or_reason in (TABLE * 9, TABLE) or isinstance(content_or_reason, str)


# --- archives in archives ----------------------------------------------------------------------------------------


def options(limits: Limits = Limits(), workdir: Path | None = None) -> ReadOptions:
    known = {"名称", "电话"}
    return ReadOptions(lambda cells: sum(cell in known for cell in cells), limits, workdir=workdir)


def test_the_budget_holds_for_all_archives_of_a_file_together(tmp_path: Path) -> None:
    inner = zipped([("big.csv", TABLE * 40_000)])
    path = put(tmp_path, zipped([(f"{n}.zip", inner) for n in range(5)]))
    members = open_file(path, options(Limits(expanded_bytes=3 * len(TABLE) * 40_000)))
    with pytest.raises(OverLimit, match="CCDATA_MAX_EXPANDED_BYTES"):
        sum(batch.num_rows for member in members for batch in member.batches)


def test_a_file_that_cannot_be_read_is_a_member_that_says_why(tmp_path: Path) -> None:
    cut = gzip.compress(TABLE * 50)[:-9]
    path = put(tmp_path, zipped([("cut.gz", cut), ("good.csv.gz", gzip.compress(TABLE))]))
    members = {
        member.name: [row for batch in member.batches for row in batch.to_pylist()]
        for member in open_file(path, options(workdir=tmp_path))
    }
    assert set(members) == {"cut.gz", "good.csv.gz"}
    assert members["cut.gz"][0]["_fault"] == "unreadable_member" and "cut short" in members["cut.gz"][0]["_text"]
    assert members["good.csv.gz"][0]["名称"] == "甲公司"


def test_an_archive_of_which_nothing_can_be_read_is_rejected_with_the_reason(tmp_path: Path) -> None:
    content = bytearray(zipped([("a.csv", TABLE)]))
    for place in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[place] |= 1
    with pytest.raises(UnreadableFile, match=r"nothing within the archive can be read: .*password"):
        list(open_file(put(tmp_path, bytes(content)), options()))


def rows_of(member: Member) -> list[dict[str, Any]]:
    return [row for batch in member.batches for row in batch.to_pylist()]


@pytest.mark.parametrize(
    "error", [UnreadableFile("it ends; fix: send it again"), ValueError("样例"), OverLimit("long")]
)
def test_a_file_that_cannot_be_read_to_its_end_keeps_its_rows_and_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def reader(path: Path, options: ReadOptions) -> Iterator[Member]:
        def batches() -> Iterator[pa.RecordBatch]:
            yield make_batch(("名称",), [2, 3], [["甲公司"], ["乙公司"]])
            if path.read_bytes() == b"bad":
                raise error

        yield Member("", ("名称",), batches(), "delimited")

    monkeypatch.setitem(READERS, "delimited", reader)
    path = put(tmp_path, zipped([("a.csv", b"bad"), ("b.csv", b"good")]))
    first, second = ([rows_of(member), member.name] for member in open_file(path, options(workdir=tmp_path)))
    assert [(row["_row"], row["_fault"], row["名称"]) for row in first[0]] == [
        (2, None, "甲公司"),
        (3, None, "乙公司"),
        (4, "unreadable_member", None),
    ]
    assert "样例" not in first[0][2]["_text"] and len(second[0]) == 2


def test_a_line_over_the_limit_condemns_no_other_file_of_the_archive(world: World) -> None:
    world.settings = make_settings(world.settings.home, max_line_bytes=100_000, max_field_bytes=50_000)
    long = b"company_name\n" + b"ok\n" * 100_000 + b"x" * 300_000 + b"\n"
    line = world.land_one(zipped([("a.csv", long), ("b.csv", b"company_name\ngood\n")]))
    assert (line.status, line.members) == ("landed", ("a.csv", "b.csv"))
    assert [row["company_name"] for row in world.raw(line) if row["_member"] == "b.csv"] == ["good"]


def test_the_machine_at_fault_is_no_verdict_on_a_file_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reader(*_: object) -> Iterator[Member]:
        raise OSError(28, "No space left on device")
        yield

    monkeypatch.setitem(READERS, "delimited", reader)
    with pytest.raises(OSError, match="No space"):
        list(open_file(put(tmp_path, zipped([("a.csv", TABLE)])), options(workdir=tmp_path)))


def test_members_of_a_delivery_have_names_of_their_own(world: World) -> None:
    inner = zipped([("b.csv", b"company_name\nx\n")])
    line = world.land_one(zipped([("a.zip", inner), ("a.zip/b.csv", b"company_name\ny\n")]))
    assert line.members == ("a.zip/b.csv", "a.zip/b.csv (2)")
    assert [(row["_member"], row["company_name"]) for row in world.raw(line)] == [
        ("a.zip/b.csv", "x"),
        ("a.zip/b.csv (2)", "y"),
    ]


def test_an_archive_that_is_rejected_keeps_no_file_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def reader(path: Path, options: ReadOptions) -> Iterator[Member]:
        def batches() -> Iterator[pa.RecordBatch]:
            with path.open("rb"):
                yield make_batch(("company_name",), [2], [["x"]])

        yield Member("", ("company_name",), batches(), "delimited")

    def fail(*_: object) -> None:
        raise UnreadableFile("cannot be written")

    monkeypatch.setitem(READERS, "delimited", reader)
    monkeypatch.setattr(pq.ParquetWriter, "write_batch", fail)
    gc.disable()
    try:
        assert world.land_one(zipped([("a.csv", b"company_name\nx\n")])).status == "rejected"
        opened = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    finally:
        gc.enable()
    assert not [name for name in opened if str(world.settings.home) in name and "unpacked" in name]


# --- e-mail ------------------------------------------------------------------------------------------------------


def mail(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    head = b"From: a@example.org\r\nSubject: list\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


def part(disposition: bytes, content: bytes = TABLE, kind: bytes = b"application/octet-stream") -> bytes:
    return (
        b"Content-Type: "
        + kind
        + b"\r\nContent-Disposition: "
        + disposition
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content)
    )


BODY = b"Content-Type: text/plain; charset=gbk\r\n\r\n" + "请查收".encode("gbk")
_WORD = base64.b64encode("客户名单.csv".encode("gb18030"))


@pytest.mark.parametrize(
    "disposition",
    [
        b"attachment; filename*=UTF-8''%E5%AE%A2%E6%88%B7%E5%90%8D%E5%8D%95.csv",
        b"attachment; filename*=gb2312''%BF%CD%BB%A7%C3%FB%B5%A5.csv",
        b'attachment; filename="=?gb2312?B?' + _WORD + b'?="',
        b'attachment;\r\n filename="=?GBK?Q?=BF=CD=BB=A7?=\r\n =?GBK?Q?=C3=FB=B5=A5.csv?="',
        b"attachment; filename*0*=UTF-8''%E5%AE%A2%E6%88%B7;\r\n filename*1*=%E5%90%8D%E5%8D%95.csv",
        b'attachment; filename="' + "客户名单.csv".encode("gbk") + b'"',
        b'attachment; filename="' + "客户名单.csv".encode() + b'"',
        b'attachment; filename="%E5%AE%A2%E6%88%B7%E5%90%8D%E5%8D%95.csv"',
    ],
    ids=["rfc 2231", "rfc 2231 gbk", "rfc 2047 b", "rfc 2047 q folded", "continued", "raw gbk", "raw utf-8", "percent"],
)
def test_the_name_of_an_attachment_is_read_however_it_is_written(tmp_path: Path, disposition: bytes) -> None:
    assert contents(put(tmp_path, mail(BODY, part(disposition))), "eml") == [("客户名单.csv", TABLE)]


def test_text_and_pictures_of_a_mail_are_no_tables_and_mails_within_are_opened(tmp_path: Path) -> None:
    picture = part(b'inline; filename="logo.png"', b"\x89PNG", b"image/png")
    inner = b"Content-Type: message/rfc822\r\n\r\n" + mail(BODY, part(b"attachment; filename=b.csv")).replace(
        b"=b\r\n", b"=c\r\n"
    ).replace(b"--b", b"--c")
    path = put(tmp_path, mail(BODY, picture, part(b"attachment; filename=a.csv"), inner))
    assert contents(path, "eml") == [("a.csv", TABLE), ("b.csv", TABLE)]


def test_a_mail_without_an_attachment_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no attachment"):
        contents(put(tmp_path, mail(BODY)), "eml")


def test_what_outlook_wrapped_or_was_cut_or_is_no_base64_says_so(tmp_path: Path) -> None:
    wrapped = part(b"attachment; filename=winmail.dat", b"x", b"application/ms-tnef")
    damaged = part(b"attachment; filename=c.csv") + b"*!*"
    path = put(tmp_path, mail(wrapped, damaged, part(b"attachment; filename=d.csv"), end=b""))
    found = contents(path, "eml")
    assert [name for name, _ in found] == ["winmail.dat", "c.csv", "d.csv"]
    for (_, reason), word in zip(found, ("winmail.dat", "damaged", "cut short"), strict=True):
        assert word in str(reason)


def test_a_mail_of_endless_parts_in_parts_is_a_verdict(tmp_path: Path) -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000))
    with pytest.raises(UnreadableFile):
        contents(put(tmp_path, b"MIME-Version: 1.0\r\n" + deep), "eml")
