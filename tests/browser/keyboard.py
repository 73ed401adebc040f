"""Working with the keyboard alone, and never losing sight of where one is."""

from playwright.sync_api import Page

_MOST_STOPS = 120
_NAME = """element => (
  element.getAttribute('aria-label')
  || [...(element.labels || [])].map(label => label.innerText).join(' ')
  || element.textContent
).replace(/\\s+/g, ' ').trim()"""
_IN_SIGHT = """element => {
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const top = document.elementFromPoint(x, y);
  // Inside a date field stops the browser's own calendar button, which the browser marks itself.
  const marked = !element.matches(':focus')
    || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return marked && !!top && (element.contains(top) || top.contains(element));
}"""


class Keyboard:
    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, name: str, *, key: str = "Tab") -> None:
        """Press Tab until the focus is there; wherever it stops it must be in sight."""
        stops = []
        for _ in range(_MOST_STOPS):
            self.page.keyboard.press(key)
            stops.append(self.focused)
            assert self._ask(_IN_SIGHT), f"lost sight of the focus after {stops}"
            if stops[-1] == name:
                return
        raise AssertionError(f"never came to {name}, but to {stops}")

    @property
    def focused(self) -> str:
        """What the focused element is called."""
        return str(self._ask(_NAME))

    def _ask(self, question: str) -> object:
        return self.page.evaluate(f"({question})(document.activeElement)")

    def type_into(self, label: str, text: str) -> None:
        self.go_to(label)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def press(self, button: str) -> None:
        self.go_to(button)
        self.page.keyboard.press("Enter")
