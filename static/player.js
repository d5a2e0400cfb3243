// The waveform seeks and shows how far the sound has come; speed, a link to a moment; errors are
// said in words. An address that ends in #t=65 opens the player at 1:05.
// Without this script the browser's own controls still play.
"use strict";

const LEAP = 5; // seconds per arrow key

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function setUp(player) {
  const audio = player.querySelector("audio");
  const wave = player.querySelector("[data-wave]");
  const known = Number(audio.dataset.length) / 1000;
  const length = () => (Number.isFinite(audio.duration) ? audio.duration : known);
  let wanted = null; // a place chosen before the browser knows the recording

  function show() {
    const at = wanted ?? audio.currentTime;
    showMoment(player, at);
    if (!wave) return;
    player.querySelector("[data-played]").setAttribute("width", (100 * at) / (length() || 1));
    wave.setAttribute("aria-valuenow", Math.round(at));
    wave.setAttribute("aria-valuetext", `${clock(at)} / ${clock(length())}`);
  }

  function seek(seconds) {
    const place = Math.min(Math.max(seconds, 0), Math.max(length() - 0.05, 0));
    if (audio.readyState > 0) {
      audio.currentTime = place;
    } else {
      wanted = place;
      audio.preload = "metadata";
      audio.load();
    }
    show();
  }

  if (wave) {
    wave.setAttribute("role", "slider");
    wave.setAttribute("aria-label", player.dataset.seek);
    wave.setAttribute("aria-valuemin", "0");
    wave.setAttribute("aria-valuemax", Math.round(known));
    wave.tabIndex = 0;
    const place = (event) => {
      const box = wave.getBoundingClientRect();
      return ((event.clientX - box.left) / box.width) * length();
    };
    wave.addEventListener("pointerdown", (event) => {
      wave.setPointerCapture(event.pointerId);
      seek(place(event));
    });
    wave.addEventListener("pointermove", (event) => event.buttons && seek(place(event)));
    wave.addEventListener("keydown", (event) => {
      const at = wanted ?? audio.currentTime;
      const places = {
        ArrowRight: at + LEAP, ArrowUp: at + LEAP, ArrowLeft: at - LEAP, ArrowDown: at - LEAP,
        PageUp: at + length() / 10, PageDown: at - length() / 10, Home: 0, End: length(),
      };
      if (event.key in places) {
        seek(places[event.key]);
      } else if (event.key === " " || event.key === "Enter") {
        if (audio.paused) audio.play(); else audio.pause();
      } else {
        return;
      }
      event.preventDefault();
    });
  }
  audio.addEventListener("loadedmetadata", () => {
    if (wanted !== null) audio.currentTime = wanted;
    wanted = null;
    show();
  });
  for (const name of ["timeupdate", "seeking", "ended"]) audio.addEventListener(name, show);
  show();
  setUpTools(player, audio);
  const open = () => {
    const asked = /^#t=(\d{1,6})$/.exec(location.hash);
    if (asked) seek(Number(asked[1]));
  };
  open();
  window.addEventListener("hashchange", open);
  audio.addEventListener("error", () => audio.hasAttribute("src") && explain(player, audio));
}

// Speed, and a link to the moment where the player stands.
function setUpTools(player, audio) {
  const tools = player.querySelector("[data-tools]");
  if (!tools) return;
  tools.hidden = false;
  const speed = tools.querySelector("[data-speed]");
  speed.addEventListener("change", () => {
    audio.defaultPlaybackRate = Number(speed.value); // a source that loads anew begins with it
    audio.playbackRate = Number(speed.value);
  });
  const link = tools.querySelector("[data-moment]");
  const said = tools.querySelector("[data-said]");
  link.addEventListener("click", async () => {
    if (!navigator.clipboard) return; // then the address bar has it
    await navigator.clipboard.writeText(link.href).then(() => {
      said.textContent = said.dataset.copied;
    }, () => {});
  });
}

function showMoment(player, at) {
  const link = player.querySelector("[data-moment]");
  if (!link) return;
  link.hash = `#t=${Math.floor(at)}`;
  link.querySelector("[data-clock]").textContent = clock(at);
}

// Why it does not play is in the answer's status, which the audio element does not tell.
async function explain(player, audio) {
  const source = audio.getAttribute("src");
  audio.removeAttribute("src");
  audio.load();
  let answer = null;
  try {
    answer = await fetch(source, { method: "HEAD", redirect: "manual", cache: "no-store" });
  } catch {
    // no network: said as broken
  }
  const texts = { 403: "refused", 404: "gone", 410: "gone" };
  const said = answer?.type === "opaqueredirect" ? "signedOut" : texts[answer?.status] ?? "broken";
  const line = player.querySelector(".player-error");
  line.textContent = player.dataset[said];
  line.hidden = false;
  audio.hidden = true;
}

document.querySelectorAll("[data-player]").forEach(setUp);
