"""From whatever is given to an opaque array of colours, within bounds of memory."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from analysis_lib.digitise.figure import NotAFigureError

#: A page at 400 dpi has 15 million pixels; more is not a figure and costs memory.
LARGEST_PIXELS = 25_000_000
#: Below this no axis, label and curve can be told apart.
SMALLEST_SIDE = 100

FigureInput = Image.Image | np.ndarray | str | os.PathLike


def read_image(image: FigureInput) -> NDArray[np.uint8]:
    """Colours of a figure, flattened on white.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray or path
        An image, an array of shape (h, w), (h, w, 3) or (h, w, 4) with values 0 to 255, or the
        path of an image file. The size is taken from the file's header before it is decoded.

    Returns
    -------
    ndarray, shape (h, w, 3)
        Red, green, blue from 0 to 255.

    Raises
    ------
    NotAFigureError
        When it is no image, empty, too small, too large, damaged or animated.
    """
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, Image.Image):
        return _flattened(_checked(image))
    if isinstance(image, str | os.PathLike):
        return _from_file(Path(image))
    raise NotAFigureError(
        f"image: give a PIL image, an array or a path, not {type(image).__name__}"
    )


def _from_file(path: Path) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; they are refused below in our own words.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return _flattened(_checked(image))
    except Image.DecompressionBombError:
        raise _too_large(path.name) from None
    except UnidentifiedImageError:
        raise NotAFigureError(
            f"{path.name}: is not an image; save the figure as PNG, JPEG or TIFF"
        ) from None
    except FileNotFoundError:
        raise NotAFigureError(f"{path.name}: no such file") from None


def _from_array(array: np.ndarray) -> NDArray[np.uint8]:
    _check_size(*(array.shape[1::-1] if array.ndim >= 2 else (0, 0)))
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise NotAFigureError(f"array: shape must be (h, w), (h, w, 3 or 4), was {array.shape}")
    numeric = np.issubdtype(array.dtype, np.number)
    if not numeric or not np.all(np.isfinite(array)) or array.min() < 0 or array.max() > 255:
        raise NotAFigureError("array: values must be numbers from 0 to 255")
    return _flattened(Image.fromarray(array.astype(np.uint8)))


def _checked(image: Image.Image) -> Image.Image:
    _check_size(*image.size)
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise NotAFigureError(
            f"image: has {frames} frames (an animation or several pages); save the one to read"
        )
    return image


def _check_size(width: int, height: int) -> None:
    if width * height > LARGEST_PIXELS:
        raise _too_large(f"{width} x {height} pixels")
    if min(width, height) < SMALLEST_SIDE:
        raise NotAFigureError(
            f"image: {width} x {height} pixels is too small to read; "
            f"give at least {SMALLEST_SIDE} on each side"
        )


def _too_large(what: str) -> NotAFigureError:
    return NotAFigureError(
        f"image: {what}, above the {LARGEST_PIXELS // 10**6} million pixels that are read; "
        "crop it to the figure or scale it down"
    )


def _flattened(image: Image.Image) -> NDArray[np.uint8]:
    """Opaque red, green, blue; sixteen-bit and palette images included."""
    try:
        if image.mode in ("I", "I;16", "F"):
            values = np.asarray(image, dtype=np.float32)
            top = 65535.0 if values.max() > 255 else 255.0
            grey = np.round(np.clip(values * (255.0 / top), 0, 255)).astype(np.uint8)
            return np.repeat(grey[:, :, None], 3, axis=2)
        if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image.convert("RGBA"))
        return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise NotAFigureError(f"image: is damaged ({error}); save it again") from None
