"""Text of the report as HTML: what a browser must not break, and what is code. Read next: `report_pictures.py`."""

import re
from collections.abc import Iterable
from html import escape

WHOLE = r"\d+(?: × \d+)+|[-−]?\d[\d.]*e-\d+"  # a shape; a number with a hyphen, at which a browser breaks lines


def marked_up(text: str) -> str:
    """The text as HTML: `…` as code, numbers and shapes kept whole.

    >>> marked_up("at −1.3e-06 & `x`")
    'at <span class="number">−1.3e-06</span> &amp; <code>x</code>'
    >>> marked_up("2 × 3, 4")
    '<span class="number">2 × 3</span>, 4'
    """
    codes = re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))
    return re.sub(WHOLE, r'<span class="number">\g<0></span>', codes)


def shape_text(shape: Iterable[int]) -> str:
    """A shape as the page writes it.

    >>> shape_text((4, 1, 28, 28))
    '4 × 1 × 28 × 28'
    """
    return " × ".join(map(str, shape))


def number_text(value: float, digits: int = 3) -> str:
    """A number to so many digits, whole ones with all of theirs, with a minus sign that no line ends after.

    >>> number_text(-6.834e-5), number_text(1023), number_text(0.25), number_text(float("nan"))
    ('−6.83e-05', '1023', '0.25', 'nan')
    """
    whole = float(value).is_integer() and abs(value) < 1e6
    text = f"{value:.0f}" if whole else f"{value:.{digits}g}"
    return "−" + text[1:] if text.startswith("-") else text
