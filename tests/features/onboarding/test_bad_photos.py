"""A photo that cannot be used gets one plain sentence, and nothing else is lost."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from gig.core import blobs
from gig.core.blobs import Blob
from gig.onboarding import photos
from gig.onboarding.photos import BadPhoto, as_kept
from tests.features.onboarding.conftest import LogIn
from tests.features.onboarding.people import application_of, photo, upload

HEIC = b"\x00\x00\x00\x18ftypheic" + bytes(400)


def bomb() -> bytes:
    """A PNG of a few bytes that claims 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


CASES = {
    "a 30 MB photo": (lambda: photo() + bytes(30 * 1024 * 1024), "超过 12 MB"),
    "a GIF renamed": (lambda: photo("GIF"), "是 GIF"),
    "a HEIC photo": (lambda: HEIC, "HEIC"),
    "a PDF": (lambda: b"%PDF-1.7\n" + bytes(100), "是 PDF"),
    "a text": (lambda: "不是照片".encode(), "不是照片"),
    "an empty file": (lambda: b"", "没有收到照片"),
    "half a photo": (lambda: photo()[:3000], "没有传完整"),
    "a bomb": (bomb, "像素太多"),
    "a thumbnail": (lambda: photo(size=(200, 120)), "太小"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_used_is_refused_with_a_reason(case: str) -> None:
    make, words = CASES[case]
    with pytest.raises(BadPhoto) as refused:
        as_kept(make())
    assert words in str(refused.value.reason)


@pytest.mark.parametrize("case", ["a 30 MB photo", "a GIF renamed", "a bomb"])
def test_the_page_says_why_and_keeps_the_rest(
    case: str, session: Session, applicant: str, log_in: LogIn
) -> None:
    make, words = CASES[case]
    phone = log_in(applicant)
    form = {
        "name": "李晓明",
        "front": upload(make()),
        "back": upload(photo()),
        "do": "submit",
        "consent": "1",
    }
    page = phone.post("/agent/join/id", form)
    assert page.status_code == 422
    assert words in page.text
    draft = application_of(session, applicant)
    assert (draft.state, draft.legal_name, draft.front_blob_id) == ("draft", "李晓明", None)
    assert draft.back_blob_id is not None


def test_a_request_beyond_all_bounds_is_answered_413(applicant: str, log_in: LogIn) -> None:
    page = log_in(applicant).post("/agent/join/id", {"front": upload(bytes(36 * 1024 * 1024)), "do": "save"})
    assert page.status_code == 413
    assert "换小一点的文件再传" in page.text


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_common_photos_are_kept_as_webp(format: str) -> None:
    kept = Image.open(io.BytesIO(as_kept(photo(format))))
    assert (kept.format, kept.size, kept.mode) == ("WEBP", (1200, 800), "RGB")


def test_a_large_photo_is_made_smaller() -> None:
    assert Image.open(io.BytesIO(as_kept(photo(size=(4000, 3000))))).size == (2400, 1800)


def test_where_and_how_the_photo_was_taken_is_gone_and_it_stands_upright(
    session: Session, applicant: str, log_in: LogIn
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    log_in(applicant).post("/agent/join/id", {"front": upload(photo(exif=exif)), "do": "save"})
    blob_id = application_of(session, applicant).front_blob_id
    kept = blobs.content(session, str(blob_id))
    assert b"SecretCamera" not in kept
    picture = Image.open(io.BytesIO(kept))
    assert picture.size == (800, 1200)
    assert not picture.getexif()
    assert "exif" not in picture.info


def test_a_photo_taken_again_replaces_the_first(session: Session, applicant: str, log_in: LogIn) -> None:
    phone = log_in(applicant)
    for seed in ("one", "two"):
        phone.post("/agent/join/id", {"front": upload(photo(seed=seed)), "do": "save"})
    session.rollback()
    assert [blob.id for blob in session.query(Blob)] == [application_of(session, applicant).front_blob_id]


def test_a_transparent_picture_gets_a_white_ground() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (800, 600), (0, 0, 0, 0)).save(file, "PNG")
    kept = Image.open(io.BytesIO(as_kept(file.getvalue())))
    assert min(kept.getpixel((5, 5))) > 250


def test_the_limit_of_bytes_is_the_one_that_the_sentence_names() -> None:
    assert photos.MAX_BYTES == 12 * 1024 * 1024
