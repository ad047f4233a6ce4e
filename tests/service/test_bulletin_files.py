"""A bulletin's files: Word and PDF, the same every time, opened by other programs."""

import io
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
import pytest

from service.bulletins import fonts, paper, word
from service.bulletins.document import Document
from service.bulletins.schemas import Bar
from tests.conftest import skip_or_fail
from tests.service.test_bulletins import (
    DAY,
    STOCKED,
    bureau,
    count_of,
    drafted,
    issued,
    second,
    text,
)
from tests.service.test_outlets import opened
from tests.service.test_stock import event

__all__ = ["bureau", "second"]
ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def document() -> Document:
    bars = tuple(
        Bar(name=f"第{n}镇", sown_mu=str(900 * n), plan_mu=str(1000 * n)) for n in range(1, 9)
    )
    return Document(
        masthead="春耕工作简报",
        issue="2023年第3期（总第20期）",
        office="清新区农业农村局",
        day="2023年4月27日",
        title="春耕生产进展顺利",
        mark="",
        paragraphs=("一、生产进度", *("截至4月20日，粮食播种完成18.366万亩。" * 9,) * 12),
        rows=(("每亩已播粮食的化肥储备" * 2, "4.36(下限)", "公斤/亩", "80%", "233"),) * 20,
        bars=bars,
        distribution=("报：市农业农村局", "送：区委、区政府", "发：各镇"),
        printed="清新区农业农村局　2023年4月27日印发",
        source="数字截至2023年4月20日，摘要 0123456789abcdef",
        on=date(2023, 4, 27),
    )


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        skip_or_fail(f"{name} is not here")
    return found or ""


def text_of_pdf(content: bytes, folder: Path) -> str:
    path = folder / "read.pdf"
    path.write_bytes(content)
    command = [tool("pdftotext"), "-layout", str(path), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def text_of_docx(content: bytes) -> str:
    return "\n".join(each.text for each in docx.Document(io.BytesIO(content)).paragraphs)


def of(speaker, bulletin: dict, ending: str) -> bytes:
    answer = speaker.get(f"bulletins/{bulletin['id']}.{ending}")
    assert answer.status_code == 200, answer.text
    return answer.content


PARTS = (
    "春耕工作简报",
    "2023年第3期（总第20期）",
    "春耕生产进展顺利",
    "一、生产进度",
    "18.366万亩",
    "公斤/亩",
    "第8镇",
    "7200亩",
    "报：市农业农村局",
    "发：各镇",
    "4月27日印发",
)


def test_a_pdf_carries_its_fonts_and_says_everything(document, tmp_path):
    content = paper.pdf_bytes(document, fonts.load(None))
    assert content == paper.pdf_bytes(document, fonts.load(None)), "the same every time"
    told = text_of_pdf(content, tmp_path)
    bare = "".join(told.split())
    for part in PARTS:
        assert part in bare, part
    listed = [tool("pdffonts"), str(tmp_path / "read.pdf")]
    lines = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\n")
    embedded = [line.split()[-5] for line in lines[2:] if line]
    assert embedded
    assert set(embedded) == {"yes"}, lines


def test_a_row_of_a_pdf_stays_whole_and_a_new_page_names_the_columns_again(document, tmp_path):
    rows = tuple((f"甲{n:02}" + "长" * 30 + f"乙{n:02}", "1", "个", "—", "1") for n in range(60))
    content = paper.pdf_bytes(replace(document, rows=rows), fonts.load(None))
    pages = ["".join(e.split()) for e in text_of_pdf(content, tmp_path).split("\f")]
    with_rows = [page for page in pages if "甲" in page]
    assert len(with_rows) > 1
    assert all("依据行数" in page for page in with_rows)
    for n in range(60):
        (page,) = [each for each in pages if f"甲{n:02}" in each]
        assert f"乙{n:02}" in page, n


def test_a_word_file_opens_in_libreoffice(document, tmp_path):
    content = word.docx_bytes(document, fonts.load(None))
    assert content == word.docx_bytes(document, fonts.load(None)), "the same every time"
    path = tmp_path / "bulletin.docx"
    path.write_bytes(content)
    command = [
        tool("soffice"),
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        *("--convert-to", "pdf", "--outdir", str(tmp_path), str(path)),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    bare = "".join(text_of_pdf((tmp_path / "bulletin.pdf").read_bytes(), tmp_path).split())
    in_picture = {"第8镇", "7200亩"}
    for part in PARTS:
        assert (part in bare) != (part in in_picture), part
    assert len(docx.Document(path).inline_shapes) == 1


def test_without_fonts_a_word_file_has_no_chart_and_a_pdf_says_what_to_install(tmp_path, document):
    assert len(docx.Document(io.BytesIO(word.docx_bytes(document, None))).inline_shapes) == 0
    with pytest.raises(fonts.NoFont, match="fonts-droid-fallback"):
        fonts._load(None, tmp_path)
    with pytest.raises(fonts.NoFont, match="CHUNGENG_FONT_FILE"):
        fonts.load(tmp_path / "none.ttf")


def test_its_files_are_the_same_after_later_records(bureau, second, clock, tmp_path):
    shop = opened(bureau)
    count_of(bureau, shop, 400_000)
    made = issued(bureau, second, template=STOCKED)
    before = {ending: of(bureau, made, ending) for ending in ("docx", "pdf")}
    clock.forward(days=365)
    opened(bureau)
    bureau.post("stock/events", event(shop, "sale", 5000, DAY))
    assert {ending: of(bureau, made, ending) for ending in before} == before
    assert text(bureau, made) in text_of_docx(before["docx"])
    bare = "".join(text_of_pdf(before["pdf"], tmp_path).split())
    assert "化肥储备400吨以上，农资网点1个。" in bare


@ONE_ENGINE
def test_a_draft_says_on_paper_that_it_is_none(bureau, tmp_path):
    made = drafted(bureau)
    assert "草稿" in text_of_docx(of(bureau, made, "docx"))
    assert "草稿" in text_of_pdf(of(bureau, made, "pdf"), tmp_path)
