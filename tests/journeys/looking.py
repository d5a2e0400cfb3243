"""Looking at a page in Chromium: axe, the width, what hides what, and a picture for the eye."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
# All the rules; or, of a page that was looked at in other colours or widths, what differs there.
ALL: dict[str, Any] = {"runOnly": WCAG}
COLOURS: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# What is preloaded and told of beside the rules takes as long as they do; sound must be preloaded.
RUN = """options => axe.run(document, {
    ...options, resultTypes: ['violations'], selectors: false, iframes: false,
    preload: Boolean(document.querySelector('audio')),
  }).then(found => found.violations.map(
    each => `${each.id}: ${each.nodes[0].html.slice(0, 120)}`))"""
THEMES = ("light", "dark")
PHONE, DESK = 320, 1280  # CSS px; 320 is also what a window of 1280 px has at a zoom of 400 %
ZOOMED = 256  # CSS px that are left of a height of 1024 px
PAPER = 718  # CSS px of an A4 sheet within the browser's margins


def violations(page: Page, options: dict[str, Any] = ALL) -> list[str]:
    """Return what axe finds wrong: the rule, and the first element that breaks it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, options)
    return found


def wider(page: Page) -> bool:
    """Whether the page must be scrolled sideways."""
    found: bool = page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    return found


APART = 6  # CSS px between two buttons, at least
CROWDED = f"""() => {{
  const boxes = [...document.querySelectorAll('.button')].filter(each => each.checkVisibility())
    .map(each => [each, each.getBoundingClientRect()]);
  return boxes.flatMap(([one, a], place) => boxes.slice(place + 1).filter(([, b]) =>
    a.left < b.right + {APART} && b.left < a.right + {APART}
    && a.top < b.bottom + {APART} && b.top < a.bottom + {APART}
  ).map(([other]) => `too near: ${{one.innerText}} and ${{other.innerText}}`));
}}"""


def crowded(page: Page) -> list[str]:
    """Return the buttons that stand too near each other for a thumb."""
    found: list[str] = page.evaluate(CROWDED)
    return found


def sized(page: Page, width: int, height: int = 900) -> None:
    page.set_viewport_size({"width": width, "height": height})


def looked_at_everyhow(page: Page, name: str) -> list[str]:
    """Return what is wrong with the page on a phone and a desk, in both themes: one load of it."""
    found = []
    for width in (PHONE, DESK):
        sized(page, width)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            options = ALL if theme == THEMES[0] else COLOURS
            found += [f"{width} {theme}: {each}" for each in violations(page, options)]
            pictured(page, f"{name}-{width}-{theme}")
        found += [f"{width}: {each}" for each in crowded(page)]
        if wider(page):
            found.append(f"{width}: wider than the window")
    return found + zoomed(page) + printed(page, name)


ON_TOP = """() => [...document.body.querySelectorAll('*')].filter(each => {
  if (!['fixed', 'sticky'].includes(getComputedStyle(each).position)) return false;
  const box = each.getBoundingClientRect();
  return box.width > 0 && box.height > innerHeight / 4;
}).map(each => `stands in the way: ${each.outerHTML.slice(0, 80)}`)"""


def zoomed(page: Page) -> list[str]:
    """Return what covers the page in a window of 1280 x 1024 px at a zoom of 400 %."""
    sized(page, PHONE, ZOOMED)
    found: list[str] = page.evaluate(ON_TOP)
    return found


# What nobody can press on paper, and what paper cannot scroll.
ON_PAPER = """() => {
  const shown = each => each.checkVisibility() && each.getBoundingClientRect().width > 1;
  const dead = [...document.querySelectorAll('nav, button, .button, audio, .skip, .top-tools a')];
  const cut = [...document.querySelectorAll('main *')].filter(each =>
    getComputedStyle(each).overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1);
  const said = (what, found) => found.filter(shown).map(
    each => `on paper ${what}: ${each.outerHTML.slice(0, 80)}`);
  return [...said('nobody presses', dead), ...said('is cut', cut)];
}"""


def printed(page: Page, name: str) -> list[str]:
    """Return what is wrong with the page on paper, whatever theme the screen has."""
    sized(page, PAPER)
    page.emulate_media(media="print", color_scheme="light")
    found: list[str] = page.evaluate(ON_PAPER)
    if wider(page):
        found.append("wider than the paper")
    pictured(page, f"{name}-print")
    page.emulate_media(media="screen")
    return found


SHIFTED = """() => new Promise(done => {
  let sum = 0;
  const add = list => list.getEntries().forEach(each => { sum += each.value; });
  new PerformanceObserver(add).observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum), 0)));
})"""


def shifted(page: Page) -> float:
    """Return how far things moved while the page came (the cumulative layout shift)."""
    found: float = page.evaluate(SHIFTED)
    return found


def pictured(page: Page, name: str) -> None:
    """Keep a picture for whoever wants to look: PICTURES=folder."""
    if folder := os.environ.get("PICTURES"):
        plain = name.strip("/").replace("/", "-")[-100:]
        page.screenshot(path=Path(folder) / f"{plain}.png", full_page=True)


# The focus that the page itself gives comes with the first picture of it.
MISTAKES = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const wrong = [...document.querySelectorAll('main [aria-invalid=true]')];
  const said = field => field.closest('.field')?.querySelector('.errorlist')?.innerText;
  const found = wrong.filter(field => !said(field)).map(field => `no words beside ${field.name}`);
  const told = [...document.querySelectorAll('main [role=alert]')].find(
    each => each.checkVisibility());
  const first = wrong[0] ?? told;
  const inside = first?.contains(document.activeElement)
    || first?.closest('fieldset')?.contains(document.activeElement);
  if (first && !inside) found.push(`the focus is not in ${first.name ?? 'the notice'}`);
  return [Boolean(first), found];
}"""


def mistakes(page: Page) -> tuple[bool, list[str]]:
    """Return whether the page tells of a mistake, and what is wrong with how it does."""
    told, found = page.evaluate(MISTAKES)
    return told, found
