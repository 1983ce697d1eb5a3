// What scripts add to a page that is whole without them: times that tick, bars that empty, a word
// when the page is old or no longer live, and keys. The words are those of web/words.py.
"use strict";
(() => {
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  // A desk's clock may differ from ours: count from the moment at which the server built the page.
  const built = document.querySelector("[data-built]");
  const skew = built ? Date.parse(built.dateTime) - Date.now() : 0;
  const loadedAt = performance.now();
  const seconds = (element) =>
    Math.trunc((Date.parse(element.dateTime) - Date.now() - (Math.abs(skew) > 5000 ? skew : 0)) / 1000);

  const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

  function length(total) {
    if (total < MINUTE) return counted(total, "second");
    if (total < HOUR) return counted(Math.floor(total / MINUTE), "minute");
    if (total >= 2 * DAY) return counted(Math.floor(total / DAY), "day");
    const minutes = Math.floor((total % HOUR) / MINUTE);
    return counted(Math.floor(total / HOUR), "hour") + (minutes ? ` ${counted(minutes, "minute")}` : "");
  }

  function digits(total) {
    const sign = total < 0 ? "−" : "";
    total = Math.abs(total);
    if (total >= 2 * DAY) return `${sign}${Math.floor(total / DAY)} days`;
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(total / HOUR), minutes = Math.floor((total % HOUR) / MINUTE), rest = total % MINUTE;
    return hours ? `${sign}${hours}:${two(minutes)}:${two(rest)}` : `${sign}${minutes}:${two(rest)}`;
  }

  const say = {
    words: (total) => (total === 0 ? "now" : total > 0 ? `in ${length(total)}` : `${length(-total)} late`),
    digits,
    ago: (total) => (total > 0 ? `in ${length(total)}` : total > -10 ? "just now" : `${length(-total)} ago`),
  };

  function tick() {
    for (const time of document.querySelectorAll("time[data-due]")) {
      const total = seconds(time);
      const text = say[time.dataset.due](total);
      if (time.textContent !== text) time.textContent = text;
      if (total < 0 && time.dataset.due !== "ago") late(time);
    }
    for (const bar of document.querySelectorAll("progress[data-until]")) {
      const rest = seconds({ dateTime: bar.dataset.until });
      bar.value = Math.max(0, Math.min(bar.max, rest));
    }
    stale();
  }

  // Time runs out between two visits of the server: the clock turns red by itself.
  function late(time) {
    const holder = time.closest("[data-state]");
    if (holder && ["running", "warning", "ok", ""].includes(holder.dataset.state)) holder.dataset.state = "late";
  }

  function stale() {
    const note = document.querySelector("[data-stale-after]");
    if (!note) return;
    const age = (performance.now() - loadedAt - (refreshedAt ?? 0)) / 1000;
    note.hidden = age < Number(note.dataset.staleAfter) || document.body.dataset.live === "on";
  }

  let refreshedAt = null;
  document.addEventListener("htmx:after:settle", () => {
    refreshedAt = performance.now() - loadedAt;
    tick();
  });
  document.addEventListener("htmx:after:sse:connection", () => { document.body.dataset.live = "on"; });
  for (const lost of ["htmx:sse:error", "htmx:sse:close"]) {
    document.addEventListener(lost, () => { document.body.dataset.live = "off"; });
  }

  // A form is sent once, however often its button is pressed; coming back to the page frees it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => form.querySelectorAll("button[type=submit], button:not([type])").forEach((button) => { button.setAttribute("aria-disabled", "true"); }));
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    }
  });

  // "g" and then a link's key goes there; not while somebody writes.
  let going = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    if (going) {
      going = false;
      document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click();
    } else if (event.key === "g") {
      going = true;
      setTimeout(() => { going = false; }, 1500);
    }
  });

  // Choosing in a filter sends it; the button stays for those without scripts.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-send-on-change]");
    if (form) form.requestSubmit();
  });

  tick();
  setInterval(tick, 1000);
})();
