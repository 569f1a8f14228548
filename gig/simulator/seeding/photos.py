"""Drawn pictures that stand for the two sides of an identity card; nobody would take them for real ones."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

SIZE = (960, 606)
SMALLEST = (640, 404)
_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSerifCJK-Regular.ttc",
    "NotoSerifCJK-Bold.ttc",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "PingFang.ttc",
)


def front(name: str, number: str, *, small: bool) -> bytes:
    """The side with the portrait; `small` is as small as onboarding takes it, and quicker to keep."""
    picture = Image.new("RGB", SIZE, "#e6eef4")
    draw = ImageDraw.Draw(picture)
    _waves(draw, "#d3e0ea")
    draw.rounded_rectangle((630, 90, 890, 420), 18, fill="#c3d2de")
    draw.ellipse((700, 130, 820, 260), fill="#8fa5b7")
    draw.pieslice((650, 270, 870, 520), 180, 360, fill="#8fa5b7")
    _write(draw, (70, 90), f"姓名  {name}", "Name", 40)
    _write(draw, (70, 190), f"出生  {number[6:10]}.{number[10:12]}.{number[12:14]}", number[6:14], 40)
    _write(draw, (70, 290), "住址  演示市样例路 1 号", "Demo address 1", 36)
    draw.text((70, 480), number, fill="#223344", font=_font(46)[0])
    _stamp(draw)
    return _jpeg(picture, small)


@lru_cache
def back(*, small: bool) -> bytes:
    """The side with the emblem."""
    picture = Image.new("RGB", SIZE, "#efe9e2")
    draw = ImageDraw.Draw(picture)
    _waves(draw, "#e2d8cc")
    draw.ellipse((80, 70, 240, 230), fill="#c8695f")
    _write(draw, (300, 110), "居民身份证（演示样张）", "Identity card (demo)", 48)
    _write(draw, (120, 420), "签发机关  演示市公安局", "Issued by: demo office", 36)
    _write(draw, (120, 490), "有效期限  2020.01.01-2040.01.01", "2020.01.01-2040.01.01", 36)
    _stamp(draw)
    return _jpeg(picture, small)


def _waves(draw: ImageDraw.ImageDraw, colour: str) -> None:
    for offset in range(-200, SIZE[0] + 200, 46):
        draw.arc((offset, 120, offset + 360, 620), 200, 340, fill=colour, width=4)


def _stamp(draw: ImageDraw.ImageDraw) -> None:
    draw.text((640, 545), "SAMPLE / DEMO", fill="#b04a3f", font=_font(34)[0])


def _write(draw: ImageDraw.ImageDraw, at: tuple[int, int], words: str, plain: str, size: int) -> None:
    """The Chinese words where this machine has a font for them, the plain ones elsewhere."""
    font, chinese = _font(size)
    draw.text(at, words if chinese else plain, fill="#223344", font=font)


@lru_cache
def _font(size: int) -> tuple[ImageFont.ImageFont | ImageFont.FreeTypeFont, bool]:
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size), True
        except OSError:
            continue
    return ImageFont.load_default(size), False


def _jpeg(picture: Image.Image, small: bool) -> bytes:
    file = io.BytesIO()
    if small:
        picture.thumbnail(SMALLEST)
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()
