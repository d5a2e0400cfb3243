// A list changes without the page being loaded anew: htmx fetches the page that the plain link or
// form leads to, whole, and puts its part in place. What is another page (signed out) is gone to,
// and what went wrong is shown whole.
// The history is ours, for htmx keeps its own in the session storage, and nothing is kept there.
"use strict";

const { away: AWAY, htmx: HTMX } = document.currentScript.dataset;
const NEAR = ["pointerover", "touchstart", "focusin"];
const told = document.createElement("p"); // there before it says something, or it is not read out
let shown = location.pathname + location.search;
let settled = null;

function tell(text, className) {
  told.className = className;
  told.textContent = text;
}

// htmx weighs more than all the rest of a page: whoever only reads does without it, and until it is
// there links and forms are plain.
function fetchHtmx(event) {
  if (!event.target.closest("[hx-boost]")) return;
  for (const kind of NEAR) document.removeEventListener(kind, fetchHtmx);
  const script = Object.assign(document.createElement("script"), { src: HTMX, onload: forget });
  document.head.append(script);
}

// htmx writes the page's address down as it loads and after each swap, whatever it is told.
function forget() {
  try {
    sessionStorage.removeItem("htmx-current-path-for-history");
  } catch {
    // a browser that lets nobody store anything
  }
}

function prepare() {
  told.setAttribute("role", "status");
  tell("", "vh");
  document.querySelector(".shell").before(told);
}

// Back and forward load the page anew: what has changed meanwhile, and who has signed out, shows.
function listen() {
  addEventListener("popstate", () => {
    if (location.pathname + location.search !== shown) location.reload();
  });
}

function showWhole(xhr) {
  document.open();
  document.write(xhr.responseText);
  document.close();
  listen(); // opening took it away
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  const here = new URL(xhr.responseURL).pathname === location.pathname;
  if (here && xhr.status < 400) return;
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  const landed = xhr.status < 400 || requestConfig.verb === "get";
  if (landed) location.assign(xhr.responseURL); else showWhole(xhr);
});

document.addEventListener("htmx:afterSettle", (event) => {
  const { xhr, target } = event.detail;
  if (settled === xhr) return; // one event for each part
  settled = xhr;
  const address = new URL(xhr.responseURL);
  if (address.pathname + address.search !== shown) {
    shown = address.pathname + address.search;
    history.pushState(null, "", shown);
  }
  arrive(document.getElementById(target.id));
});

// As after a load: where one is comes first, be it a field to mend, what was done, or the heading.
function arrive(part) {
  const said = document.querySelector("#flashes .flash");
  const place = part.querySelector("[autofocus]")
    ?? (part.contains(said) ? said : part.querySelector("h1, h2"));
  if (!place.matches("input, select, textarea")) place.tabIndex = -1;
  place.focus({ preventScroll: true });
  if (place !== said) tell(said ? said.firstChild.textContent : document.title, "vh");
}

document.addEventListener("htmx:pushedIntoHistory", forget);
document.addEventListener("htmx:sendError", () => tell(AWAY, "notice bad away"));
document.addEventListener("htmx:beforeRequest", () => tell("", "vh"));
for (const kind of NEAR) document.addEventListener(kind, fetchHtmx, { passive: true });
prepare();
listen();
