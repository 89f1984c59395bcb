"""PDFs that somebody hands us: found safely, judged before they are stored."""

from __future__ import annotations

import hashlib
import io
import os
import time
import unicodedata
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from mailbot.edges.pdf import BadPdf, CheckedPdf, PdfFacts, PdfFolder, check_pdf, checked, read_pdf

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 1 << 20


def make(pages: int = 1) -> bytes:
    """Return a plain PDF."""
    content = io.BytesIO()
    canvas = Canvas(content, invariant=1)
    for page in range(pages):
        canvas.drawString(100, 700, f"Invoice, page {page + 1}")
        canvas.showPage()
    canvas.save()
    return content.getvalue()


def written(writer: PdfWriter) -> bytes:
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def encrypted(user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make())))
    writer.encrypt(user_password, "owner", algorithm="RC4-128")
    return written(writer)


def by_hand(*objects: str, root: int = 1) -> bytes:
    """Lay out a PDF of the given objects with a right table: what a malicious program would."""
    content, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(content)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer <</Size {len(objects) + 1} /Root {root} 0 R>>\nstartxref\n{start}\n%%EOF\n"
    return content + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


GOOD = make()


@pytest.mark.parametrize("pages", [1, 3])
def test_a_good_pdf_is_described(pages: int) -> None:
    content = make(pages)
    assert check_pdf(content, limit=LIMIT) == PdfFacts(len(content), pages, hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("around", [(b"\r\n", b""), (b"", b"\r\n\0\0"), (b"mailed by a scanner\n", b"\n")])
def test_bytes_that_other_programs_overlook_are_overlooked(around: tuple[bytes, bytes]) -> None:
    before, after = around
    assert check_pdf(before + GOOD + after, limit=LIMIT).pages == 1


def test_a_pdf_with_a_second_revision_is_good() -> None:
    writer = PdfWriter(io.BytesIO(GOOD), incremental=True)
    writer.add_metadata({"/Title": "changed"})
    content = written(writer)
    assert content.startswith(GOOD)
    assert check_pdf(content, limit=LIMIT).pages == 1


def test_a_pdf_with_a_stream_for_its_table_is_good() -> None:
    assert check_pdf(streamed(), limit=LIMIT).pages == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 a word processor's file", "no PDF"),
        (b" " * 2000 + GOOD, "no PDF"),
        (GOOD[: len(GOOD) // 2], "cut off"),
        (GOOD[:-8], "cut off"),
        (b"%PDF-1.4\n", "cut off"),
        (GOOD.replace(b"startxref\n", b"startxref\n9"), "damaged"),
        (GOOD[:200] + GOOD[300:], "damaged"),
        (encrypted("secret"), "encrypted"),
        (encrypted(""), "encrypted"),
        (GOOD + b" " * LIMIT, "more than 1 MiB"),
        (by_hand("<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [] /Count 0>>"), "no page"),
        (by_hand("<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [2 0 R] /Count 1>>"), "damaged"),
        (by_hand("<</Type /Catalog>>"), "damaged"),
        (by_hand("<</Type /Catalog /Pages 9 0 R>>", root=8), "damaged"),
    ],
)
def test_what_is_not_fit_is_refused_with_what_to_do(content: bytes, problem: str) -> None:
    with pytest.raises(BadPdf) as caught:
        check_pdf(content, limit=LIMIT)
    assert problem in caught.value.problem
    assert caught.value.remedy


def deep() -> bytes:
    """Return pages in pages in pages, 20,000 deep."""
    nodes = [f"<</Type /Pages /Kids [{number + 1} 0 R] /Count 1>>" for number in range(2, 20_002)]
    return by_hand("<</Type /Catalog /Pages 2 0 R>>", *nodes, "<</Type /Page>>")


def streamed() -> bytes:
    """Return a PDF whose table of objects is a stream, as of PDF 1.5 (ISO 32000-1 §7.5.8)."""
    bodies = (
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R>>",
    )
    content, table = b"%PDF-1.5\n", bytes((0, 0, 0, 0))
    for number, body in enumerate(bodies, 1):
        table += bytes((1, *divmod(len(content), 256), 0))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(content)
    packed = zlib.compress(table + bytes((1, *divmod(start, 256), 0)))
    head = f"<</Type /XRef /Size 5 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode /Length {len(packed)}>>"
    content += b"4 0 obj\n" + head.encode() + b"\nstream\n" + packed + b"\nendstream\nendobj\n"
    return content + b"startxref\n%d\n%%%%EOF\n" % start


def bomb() -> bytes:
    """Return a table of objects that is a stream, small in the file and 400 MB large when it is unpacked."""
    packed = zlib.compress(bytes(400_000_000), 9)
    size = f"/Size 99999999 /Index [0 99999999] /W [1 2 1] /Filter /FlateDecode /Length {len(packed)}"
    head = f"%PDF-1.5\n1 0 obj\n<</Type /XRef /Root 2 0 R {size}>>\nstream\n".encode()
    return head + packed + b"\nendstream\nendobj\nstartxref\n9\n%%EOF"


HOSTILE = {
    "a packed table": bomb(),
    "deep page tree": deep(),
    "deep array": by_hand("<</Type /Catalog /Pages " + "[" * 100_000 + "]" * 100_000 + ">>"),
    "deep dictionary": by_hand("<</Type /Catalog /Pages " + "<</a " * 50_000 + ">>" * 50_000 + ">>"),
    "circle of pages": by_hand(
        "<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [3 0 R]>>", "<</Type /Pages /Kids [2 0 R]>>"
    ),
    "circle of tables": GOOD.replace(b"/Size", b"/Prev 10 /Size"),
    "wide page tree": by_hand("<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [" + "2 0 R " * 100_000 + "]>>"),
    "doubling page tree": by_hand(
        "<</Type /Catalog /Pages 2 0 R>>",
        *(f"<</Type /Pages /Kids [{n} 0 R {n} 0 R]>>" for n in range(3, 43)),
        "<</Type /Page>>",
    ),
    "numbers without end": by_hand("<</Type /Catalog /Pages " + "9" * 500_000 + ">>"),
    "a thousand headers": b"%PDF-1.4\n" * 50_000 + b"startxref\n0\n%%EOF",
    "a huge table": b"%PDF-1.4\nxref\n0 99999999\n"
    + b"0000000000 65535 f \n" * 40_000
    + b"trailer <</Root 1 0 R>>\nstartxref\n9\n%%EOF",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_judged_in_bounded_time(name: str) -> None:
    began = time.monotonic()
    with suppress(BadPdf):
        assert check_pdf(HOSTILE[name], limit=16 * LIMIT).pages > 0
    assert time.monotonic() - began < 20


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.data())
def test_any_damage_is_a_fault_or_no_harm(data: st.DataObject) -> None:
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadPdf):
        assert check_pdf(bytes(content), limit=LIMIT).pages > 0


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(GOOD)
    assert read_pdf(file, limit=len(GOOD)) == GOOD
    with pytest.raises(BadPdf, match="more than"):
        read_pdf(file, limit=len(GOOD) - 1)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "folder.pdf").mkdir()
    (tmp_path / "link.pdf").symlink_to(tmp_path / "pipe.pdf")
    for name, problem in (
        ("pipe", "is no file"),
        ("folder", "is no file"),
        ("link", "cannot be read"),
        ("no", "cannot be read"),
    ):
        with pytest.raises(BadPdf, match=problem):
            read_pdf(tmp_path / f"{name}.pdf", limit=LIMIT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a batch's folder, with a secret beside it."""
    (tmp_path / "secret.pdf").write_bytes(GOOD)
    batch = tmp_path / "batch"
    (batch / "sub").mkdir(parents=True)
    (batch / "a.pdf").write_bytes(GOOD)
    (batch / "sub" / "b.pdf").write_bytes(GOOD)
    return batch


@pytest.mark.parametrize("name", ["a.pdf", "./a.pdf", "sub/b.pdf", "sub//b.pdf"])
def test_a_file_is_found_in_its_folder(folder: Path, name: str) -> None:
    assert PdfFolder(folder).resolve(name).read_bytes() == GOOD


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "empty"),
        (".", "leads out"),
        ("a\0.pdf", "NUL"),
        ("../secret.pdf", "leads out"),
        ("sub/../../secret.pdf", "leads out"),
        ("sub/../a.pdf", "leads out"),
        ("/etc/passwd", "leads out"),
        ("C:/invoices/a.pdf", "leads out"),
        ("C:\\invoices\\a.pdf", "backslash"),
        ("sub\\b.pdf", "backslash"),
        ("..\\secret.pdf", "backslash"),
        ("missing.pdf", "there is no file"),
        ("a.pdf/b.pdf", "there is no file"),
        ("x" * 300 + ".pdf", "cannot be looked up"),
    ],
)
def test_a_name_that_leaves_the_folder_or_names_nothing_is_refused(folder: Path, name: str, problem: str) -> None:
    with pytest.raises(BadPdf) as caught:
        PdfFolder(folder).resolve(name)
    assert problem in caught.value.problem
    assert caught.value.remedy


def test_a_link_may_point_inside_the_folder_and_nowhere_else(folder: Path) -> None:
    (folder / "inside.pdf").symlink_to("sub/b.pdf")
    (folder / "outside.pdf").symlink_to("../secret.pdf")
    (folder / "up").symlink_to("..")
    (folder / "circle.pdf").symlink_to("circle.pdf")
    assert PdfFolder(folder).resolve("inside.pdf") == (folder / "sub" / "b.pdf").resolve()
    for name in ("outside.pdf", "up/secret.pdf"):
        with pytest.raises(BadPdf, match="leads out"):
            PdfFolder(folder).resolve(name)
    with pytest.raises(BadPdf, match="cannot be looked up"):
        PdfFolder(folder).resolve("circle.pdf")


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_sheet", ["NFC", "NFD"])
def test_a_japanese_name_is_found_however_it_is_encoded(folder: Path, on_disk: str, in_sheet: str) -> None:
    name = "請求書/ご請求書_ガガ.pdf"
    file = folder / unicodedata.normalize(on_disk, name)  # type: ignore[arg-type]  # one of the four forms
    file.parent.mkdir()
    file.write_bytes(GOOD)
    assert PdfFolder(folder).resolve(unicodedata.normalize(in_sheet, name)) == file.resolve()  # type: ignore[arg-type]  # the same


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert PdfFolder(tmp_path / "link").resolve("a.pdf").read_bytes() == GOOD


def test_the_files_of_a_batch_are_read_and_judged_by_name(folder: Path) -> None:
    pdf = checked(folder, limit=LIMIT)
    assert pdf("a.pdf") == CheckedPdf(GOOD, 1, hashlib.sha256(GOOD).hexdigest())
    (folder / "word.pdf").write_bytes(b"no")
    for name, problem in (
        ("word.pdf", "no PDF"),
        ("missing.pdf", "there is no file"),
        ("gone.pdf", "there is no file"),
    ):
        with pytest.raises(BadPdf, match=problem):
            pdf(name)
