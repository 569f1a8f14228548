"""Photos as they come from phones, and as they are kept.

What is kept is a picture we wrote ourselves: upright, at most 2,400 pixels long, WebP, and nothing
else of the file that came in: no place, no camera, no thumbnail, no bytes after the end.
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from gig.core.text import N_, Sentence

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 2400
FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/webp"

_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif")
_OTHERS = ((b"GIF8", "GIF"), (b"BM", "BMP"), (b"%PDF", "PDF"), (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"))


class BadPhoto(Exception):
    """The file cannot be used; `reason` says why and what to do."""

    def __init__(self, message: str, **params: object) -> None:
        self.reason = Sentence(message, params)
        super().__init__(str(self.reason))


def as_kept(content: bytes, *, long: int = 1, short: int = 1) -> bytes:
    """The photo as it is stored, if its sides are at least so many pixels long.

    Raises BadPhoto in words for the person who took it.
    """
    if not content:
        raise BadPhoto(N_("没有收到照片，请重新选一张。"))
    if len(content) > MAX_BYTES:
        megabytes = len(content) / 1024 / 1024
        raise BadPhoto(
            N_("这张照片超过 12 MB（%(size)s MB），请用相机的普通画质重拍。"), size=f"{megabytes:.1f}"
        )
    _refuse_other_formats(content)
    try:
        return _rewritten(content, long, short)
    except BadPhoto:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPhoto(N_("这张照片的像素太多，请用相机的普通画质重拍。")) from None
    except Exception:  # a decoder fed by strangers fails in every way there is
        raise BadPhoto(N_("这张照片打不开，可能没有传完整，请重新选一张。")) from None


def _refuse_other_formats(content: bytes) -> None:
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        raise BadPhoto(
            N_("这是 HEIC 照片，暂时不支持。在相机设置里把格式改成“兼容性最佳”再拍，或者截屏后传截图。")
        )
    for start, name in _OTHERS:
        if content.startswith(start):
            raise BadPhoto(N_("这个文件是 %(format)s，只收 JPEG、PNG 或 WebP 照片。"), format=name)


def _rewritten(content: bytes, long: int, short: int) -> bytes:
    try:
        opened = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.UnidentifiedImageError:
        raise BadPhoto(N_("这个文件不是照片，只收 JPEG、PNG 或 WebP 照片。")) from None
    with opened as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise BadPhoto(N_("这张照片的像素太多，请用相机的普通画质重拍。"))
        if max(width, height) < long or min(width, height) < short:
            raise BadPhoto(
                N_("这张照片太小，看不清字。至少要 %(long)s × %(short)s 像素，请靠近一点重拍。"),
                long=long,
                short=short,
            )
        image.draft("RGB", (MAX_SIDE, MAX_SIDE))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        clean = Image.new("RGB", upright.size, "white")
        if "A" in upright.getbands() or "transparency" in upright.info:
            layer = upright.convert("RGBA")
            clean.paste(layer, mask=layer.getchannel("A"))
        else:
            clean.paste(upright.convert("RGB"))
    written = io.BytesIO()
    clean.save(written, "WEBP", quality=84, method=2)
    return written.getvalue()
