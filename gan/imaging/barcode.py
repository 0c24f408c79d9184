"""Read barcodes and QR codes from a picture with zxing-cpp, the extra [barcode]."""

from __future__ import annotations

from gan.core.errors import InputError
from gan.imaging.io.codec import to_pil
from gan.imaging.picture import Picture


def read_codes(picture: Picture) -> tuple[str, ...]:
    """Texts of the barcodes and QR codes in a picture, each once, in the order in which they are found.

    Raises:
        InputError: zxing-cpp is not installed.
    """
    try:
        import zxingcpp
    except ImportError as error:
        raise InputError(
            "barcode",
            "zxing-cpp, which reads barcodes, is not installed",
            "the extra [barcode] is needed",
            'Run: pip install "zxing-cpp>=2.2"',
        ) from error
    found = zxingcpp.read_barcodes(to_pil(picture).convert("L"))
    return tuple(dict.fromkeys(code.text.strip() for code in found if code.text.strip()))
