// A permission that may end while it plays is asked about every few seconds: what the browser has
// fetched ahead must not be heard to its end. player.js then drops the source and says why.
"use strict";

async function ended(audio) {
  try {
    const answer = await fetch(audio.getAttribute("src"), {
      method: "HEAD", redirect: "manual", cache: "no-store",
    });
    return !answer.ok;
  } catch {
    return false; // no network: nothing more is fetched either
  }
}

document.querySelectorAll("[data-recheck]").forEach((player) => {
  const audio = player.querySelector("audio");
  setInterval(async () => {
    if (!audio.hasAttribute("src") || audio.readyState === 0) return;
    if (await ended(audio)) {
      audio.pause();
      audio.dispatchEvent(new Event("error"));
    }
  }, 1000 * Number(player.dataset.recheck));
});
