"""Whether everybody can use a page: axe's rules, in both colour schemes, on desk and phone."""

from collections.abc import Mapping
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_ALL_RULES = {
    "resultTypes": ["violations"],
    "runOnly": [
        "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"
    ],
}  # fmt: skip
_RULES_OF_COLOURS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
_SCHEMES: Mapping[Literal["dark", "light"], dict[str, Any]] = {
    "dark": _RULES_OF_COLOURS,
    "light": _ALL_RULES,
}
"""A scheme changes colours alone: what every rule has found in one, most find in the other."""
_DESK, _PHONE = (1440, 1000), (390, 844)
_WIDTHS = (320, 768, 1024, 1280, 1440)
_TOO_WIDE = """() => {
  const page = document.documentElement;
  const right = each => each.getBoundingClientRect().right;
  const tables = [...document.querySelectorAll('.table > table')];
  const out = tables.filter(each => right(each) > right(each.parentElement) + 1);
  const all = page.scrollWidth > page.clientWidth ? [...document.querySelectorAll('main *')] : [];
  const wide = all.filter(each => right(each) > page.clientWidth);
  return [...out, ...wide].map(each => `${each.tagName} ${each.id} ${each.className}`);
}"""

_WHERE_BARS_ARE = """position => {
  for (const each of document.querySelectorAll('.bar')) each.style.position = position;
}"""
"""At its own place, a bar hides nothing: how much of a target is scrolled under it is no size of
the target's. That the keyboard's place is never under it has tests of its own."""


def require_accessible(page: Page) -> None:
    """Fail with what axe found, and where. The page is left as it was."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(AXE_SCRIPT)
    axe = Axe("")  # the script is there already
    for width, height in (_PHONE, _DESK):
        page.set_viewport_size({"width": width, "height": height})
        for scheme, rules in _SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            page.evaluate(_WHERE_BARS_ARE, "static")
            found = axe.run(page, options=rules)
            page.evaluate(_WHERE_BARS_ARE, "")
            assert found.violations_count == 0, f"{scheme}, {width}: {found.generate_report()}"
    _require_reflow(page)


def _require_reflow(page: Page) -> None:
    """Nothing is read sideways, and no table leaves its place (WCAG 1.4.10)."""
    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        too_wide = page.evaluate(_TOO_WIDE)
        assert too_wide == [], f"too wide at {width} px: {too_wide}"
    page.set_viewport_size({"width": _DESK[0], "height": _DESK[1]})
