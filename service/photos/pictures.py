"""Pixels: is the photo whole, and how it looks without anything else that its file holds."""

import io
import threading

import numpy as np
from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from service.photos.headers import MAX_PIXELS, Header, MediaType, UnreadablePhoto

# By class: `Image.open` would choose a decoder by itself, of some forty.
DECODERS: dict[MediaType, type[ImageFile.ImageFile]] = {
    MediaType.JPEG: JpegImageFile,
    MediaType.PNG: PngImageFile,
    MediaType.WEBP: WebPImageFile,
}
BROKEN = (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, KeyError)
"""What the decoders raise over a damaged file."""
MAX_SIDE = 1600
QUALITY = 85
WHITE = (255, 255, 255)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
_one_at_a_time = threading.Lock()
"""A photo of the largest size takes 200 MB while it is open: two at once would be one too many."""


def refuse_broken(header: Header) -> None:
    """Decode a photo, a JPEG at an eighth of its size; refuse one that is damaged or cut off."""
    with _one_at_a_time:
        try:
            image = _opened(header)
            image.draft("RGB", (1, 1))
            image.load()
        except BROKEN as error:
            raise UnreadablePhoto("照片有损坏,打不开;请重新拍摄或重新上传", field="file") from error


def _opened(header: Header) -> ImageFile.ImageFile:
    image = DECODERS[header.media_type](io.BytesIO(header.shown))
    if image.size != (header.width_px, header.height_px):
        raise ValueError("two sizes in one file")
    return image


def view(header: Header, orientation: int) -> bytes:
    """Return a JPEG of at most 1600 pixels, upright, with no metadata of any kind."""
    with _one_at_a_time:
        try:
            image = _small(_opened(header))
        except BROKEN as error:
            raise UnreadablePhoto("照片有损坏,打不开") from error
        if orientation in TURNS:
            image = image.transpose(TURNS[orientation])
        made = io.BytesIO()
        # A fresh image: what Pillow learned of the old one is not written again.
        fresh = Image.new("RGB", image.size, WHITE)
        fresh.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
        fresh.save(made, "JPEG", quality=QUALITY)
        return made.getvalue()


def _small(image: Image.Image) -> Image.Image:
    """Return an image of at most 1600 pixels, as RGB or RGBA."""
    if image.mode.startswith("I"):  # 16 bits of grey
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in {"1", "P"}:  # which can only be shrunk by dropping pixels
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    is_clear = image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info
    return image.convert("RGBA" if is_clear else "RGB")
