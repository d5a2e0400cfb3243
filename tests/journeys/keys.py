"""A person at a keyboard: Tab until it is there, see that it is, and press.

Nothing here clicks, and no script moves the focus: what cannot be reached is not found.
"""

from playwright.sync_api import Locator, Page, expect

MOST = 150  # steps before one says that it cannot be reached
HERE = """element => {
  const at = document.activeElement;
  return at === element || (at !== null && at !== document.body && element.contains(at));
}"""
# How the focus is drawn on the element; on one of the player's own buttons Chromium draws it.
# A page scrolls to it with one of its next pictures.
DRAWN = """async () => {
  const drawn = () => {
    const at = document.activeElement, style = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    const beside = box.right <= 0 || box.left >= innerWidth;
    const inside = box.bottom > 0 && box.top < innerHeight && !beside;
    const shown = outlined || style.boxShadow !== 'none' || at.tagName === 'AUDIO';
    return shown && inside && box.width > 0 && box.height > 0;
  };
  for (let pictures = 0; pictures < 10 && !drawn(); pictures++)
    await new Promise(done => requestAnimationFrame(done));
  return drawn();
}"""
WHERE = """() => {
  const at = document.activeElement;
  return at === document.body ? 'body' : at.outerHTML.slice(0, 100);
}"""


class Keys:
    """The keyboard of one window."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def to(self, wanted: Locator, *, back: bool = False) -> Locator:
        """Go to it by Tab, or by Shift+Tab; the focus must be seen at every step."""
        expect(wanted).to_be_visible()
        passed: list[str] = []
        for _ in range(MOST):
            if wanted.evaluate(HERE):
                return wanted
            self._page.keyboard.press("Shift+Tab" if back else "Tab")
            where: str = self._page.evaluate(WHERE)
            if where != "body":  # beyond the last element is the browser's own frame
                assert self._page.evaluate(DRAWN), f"the focus is not seen: {where}"
            passed.append(where)
        raise AssertionError(f"not reached: {wanted}; the last were {passed[-5:]}")

    def press(self, wanted: Locator, key: str = "Enter", *, back: bool = False) -> None:
        self.to(wanted, back=back)
        self._page.keyboard.press(key)

    def write(self, wanted: Locator, text: str) -> None:
        """Fill the field with the text instead of what it says."""
        self.to(wanted)
        self._page.keyboard.press("ControlOrMeta+A")
        self._page.keyboard.type(text)

    def choose(self, wanted: Locator, text: str) -> None:
        """Choose an option by typing how it begins."""
        self.to(wanted)
        self._page.keyboard.type(text)

    def named(self, name: str, *, exact: bool = False) -> Locator:
        """Return the first link or button of the page's content with that name."""
        content = self._page.get_by_role("main")
        link = content.get_by_role("link", name=name, exact=exact)
        return link.or_(content.get_by_role("button", name=name, exact=exact)).first

    def follow(self, name: str, *, exact: bool = False) -> None:
        """Press the link or button with that name, and wait for the page that it leads to."""
        wanted = self.to(self.named(name, exact=exact))
        with self._page.expect_navigation():
            wanted.page.keyboard.press("Enter")

    def sign_in(self, email: str, password: str) -> None:
        self._page.goto("/konto/login/")
        self.write(self._page.get_by_label("E-post"), email)
        self.write(self._page.get_by_label("Lösenord"), password)
        self._page.keyboard.press("Enter")
        self._page.wait_for_url("**/mina-sidor/**")
