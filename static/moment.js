// A link to a moment of a recording (#t=65) is followed through signing in: a browser takes what
// stands behind the # along when it is led on, but not when a form is sent.
// Without this script the recording opens at its beginning.
"use strict";

if (/^#t=\d{1,6}$/.test(location.hash)) {
  for (const form of document.querySelectorAll("main form[method=post]")) {
    form.action = new URL(location.hash, form.action).href;
  }
}
