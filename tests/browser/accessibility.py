"""Whether everybody can use a page: axe's rules, in both colour schemes, on desk and phone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES = {
    "resultTypes": ["violations"],
    "runOnly": [
        "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"
    ],
}  # fmt: skip
_DESK, _PHONE = (1440, 1000), (390, 844)
_NARROWEST = 320
_TOO_WIDE = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  return [...document.querySelectorAll('main *')]
    .filter(each => each.getBoundingClientRect().right > page.clientWidth)
    .map(each => `${each.tagName} ${each.id} ${each.className}`);
}"""


def require_accessible(page: Page) -> None:
    """Fail with what axe found, and where. The page is left as it was."""
    page.emulate_media(reduced_motion="reduce")
    for width, height in (_PHONE, _DESK):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=_RULES)
            assert found.violations_count == 0, f"{scheme}, {width}: {found.generate_report()}"
    _require_reflow(page)


def _require_reflow(page: Page) -> None:
    """Nothing but wide tables is read sideways (WCAG 1.4.10)."""
    page.set_viewport_size({"width": _NARROWEST, "height": 600})
    too_wide = page.evaluate(_TOO_WIDE)
    assert too_wide == [], f"wider than the narrowest phone: {too_wide}"
    page.set_viewport_size({"width": _DESK[0], "height": _DESK[1]})
