// A chat that is whole without scripts, made live: words stand at once, go out again until they are
// taken, and what comes is fetched from behind the last entry that the page has.
"use strict";
(() => {
  const root = document.querySelector("[data-chat]");
  if (!root) return;
  const list = root.querySelector("[data-lines]"), log = root.querySelector(".log");
  const form = root.querySelector("[data-say]"), field = form?.querySelector("textarea");
  const says = form?.querySelector("[data-line]"), why = form?.querySelector("[data-why]");
  const kept = `redphone-chat ${root.dataset.post}`, KEPT_FOR = 24 * 3600e3;
  let last = Number(root.dataset.last), told = 0, isLive = false, fetching = false, again = false;
  let waiting = [], sending = false, wait = 1000, timer = 0;

  // ── What goes out ──────────────────────────────────────────────────────────────────────────
  const fresh = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64; b[8] = (b[8] & 63) | 128;
    const h = [...b].map((n) => n.toString(16).padStart(2, "0")).join("");
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
  };
  const hidden = (name) => form?.querySelector(`[name=${name}]`)?.value ?? "";
  const say = (text) => { if (says && says.textContent !== text) says.textContent = text; };
  const complain = (text) => { if (why) { why.textContent = text; why.hidden = !text; } };

  // Words that have not arrived survive a reload; files do not fit there.
  function keep() {
    try {
      const plain = waiting.filter((each) => !each.files.length).map(({ id, text, remark, at }) => ({ id, text, remark, at }));
      if (plain.length) localStorage.setItem(kept, JSON.stringify(plain));
      else localStorage.removeItem(kept);
    } catch { /* A browser that keeps nothing still sends. */ }
  }
  function kept_before() {
    try {
      return JSON.parse(localStorage.getItem(kept) ?? "[]").filter((each) => Date.now() - each.at < KEPT_FOR);
    } catch { return []; }
  }

  function draw(each) {
    const line = document.createElement("li");
    line.className = "mine pending";
    line.dataset.pending = each.id;
    const by = document.createElement("p"), bubble = document.createElement("div");
    by.className = "by small";
    const mark = document.createElement("span");
    mark.className = "mark quiet";
    mark.dataset.mark = "";
    mark.textContent = "sending…";
    by.append(mark);
    bubble.className = "bubble";
    bubble.dir = "auto";
    bubble.textContent = each.text + each.files.map((file) => `\n(${file.name})`).join("");
    line.append(by, bubble);
    list.append(line);
    down();
  }
  const pending = (id) => list.querySelector(`[data-pending="${CSS.escape(id)}"]`);
  function mark(id, text) {
    const found = pending(id)?.querySelector("[data-mark]");
    if (found) found.textContent = text;
  }

  function post(each) {
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "session"]) if (hidden(name)) body.set(name, hidden(name));
    body.set("id", each.id);
    body.set("text", each.text);
    if (each.remark) body.set("remark", "1");
    for (const file of each.files) body.append("files", file);
    const signal = AbortSignal.timeout ? AbortSignal.timeout(20_000 + each.files.length * 60_000) : undefined;
    return fetch(root.dataset.post, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", signal });
  }

  async function flush() {
    if (sending) return;
    sending = true;
    clearTimeout(timer);
    // In a vendor's page it is soon known who writes; their words wait for that.
    if (window.RedphoneFrame && !hidden("session")) {
      const who = await window.RedphoneFrame.known;
      if (who) form.querySelector("[name=session]").value = who.session;
    }
    while (waiting.length) {
      const each = waiting[0];
      let answer = null, body = {};
      try {
        answer = await post(each);
        body = await answer.json();
      } catch { /* No line, no server, or no answer in time: it goes out again under its id. */ }
      if (answer?.ok) {
        waiting.shift();
        keep();
        wait = 1000;
        complain("");
        mark(each.id, body.held ? "sent, joined with your other lines soon" : "sent");
        if (body.go) { location.assign(body.go); return; }
      } else if (answer && ((answer.status < 500 && body.why && !body.again) || answer.status === 413)) {
        // It will not be taken as it is: give the words back to whoever wrote them.
        waiting.shift();
        keep();
        pending(each.id)?.remove();
        if (field && !field.value) field.value = each.text;
        complain(body.why || "This is too large to be sent. Leave out some files, or send them one by one.");
      } else if (answer && (answer.status === 404 || answer.redirected)) {
        complain("You are signed out, or this chat is not yours to write in. Your words are kept here: sign in in another tab, then reload this page.");
        mark(each.id, "not sent");
        break;
      } else {
        if (body.why) complain(body.why);
        mark(each.id, "not sent yet, trying again");
        say(navigator.onLine ? "No answer from the desk. Trying again by itself." : "No connection. Your words go out as soon as it is back.");
        timer = setTimeout(flush, wait);
        wait = Math.min(wait * 2, 15_000);
        break;
      }
    }
    sending = false;
    if (!waiting.length) say("");
    look();
  }

  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const chooser = form.querySelector("input[type=file]");
    const files = chooser ? [...chooser.files] : [], text = field.value;
    if (!text.trim() && !files.length) return field.focus();
    const each = { id: fresh(), text, files, remark: event.submitter?.name === "remark", at: Date.now() };
    waiting.push(each);
    keep();
    draw(each);
    field.value = "";
    if (chooser) chooser.value = "";
    field.focus();
    flush();
  });
  // Enter sends where there is a keyboard; on glass the button is under the thumb.
  field?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    const over = root.querySelector("[data-over]");
    if (!over || over.hidden) form.requestSubmit(form.querySelector("button.primary"));
  });
  addEventListener("online", () => { wait = 1000; flush(); look(); });

  // ── What comes in ──────────────────────────────────────────────────────────────────────────
  // On a phone the customer's page scrolls as a whole.
  const scroller = () => (getComputedStyle(log).overflowY === "auto" ? log : document.scrollingElement);
  const isDown = () => { const box = scroller(); return box.scrollHeight - box.scrollTop - box.clientHeight < 120; };
  const down = () => { const box = scroller(); box.scrollTop = box.scrollHeight; };

  function add(html) {
    const box = document.createElement("template");
    box.innerHTML = html;
    const wasDown = isDown();
    for (const line of box.content.querySelectorAll("li")) {
      if (list.querySelector(`[data-seq="${line.dataset.seq}"]`)) continue;
      for (const id of (line.dataset.ids ?? "").split(" ")) if (id) pending(id)?.remove();
      // What is still on its way stays below what has arrived.
      list.insertBefore(line, list.querySelector(".pending"));
    }
    if (wasDown) down();
  }

  async function look() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(`${root.dataset.new}?after=${last}`, { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" });
      if (answer.ok && !answer.redirected) show(await answer.json());
    } catch { /* The line is away; the next sign of life asks again. */ }
    fetching = false;
    if (again) { again = false; look(); }
  }

  function show(found) {
    add(found.lines);
    last = Math.max(last, found.last);
    const head = document.getElementById("chat-head");
    if (head) { const box = document.createElement("template"); box.innerHTML = found.head; head.replaceWith(box.content); }
    for (const line of list.querySelectorAll("li.mine[data-seq]")) {
      const seen = line.querySelector("[data-mark]");
      if (seen && Number(line.dataset.seq) <= found.seen) seen.textContent = "seen";
    }
    if (root.dataset.status !== found.status) {
      root.dataset.status = found.status;
      const open = root.querySelector("[data-open]"), over = root.querySelector("[data-over]");
      if (open && over) { open.hidden = found.status !== "open"; over.hidden = found.status === "open"; }
    }
    tell();
  }

  // "Seen" is said only of a page that somebody can see.
  function tell() {
    if (document.visibilityState !== "visible" || last <= told || !form) return;
    const theirs = [...list.querySelectorAll("li.theirs[data-seq]")].map((line) => Number(line.dataset.seq));
    const most = Math.max(0, ...theirs);
    if (most <= told) return;
    told = most;
    const body = new URLSearchParams({ seq: String(most), csrfmiddlewaretoken: hidden("csrfmiddlewaretoken") });
    fetch(root.dataset.seen, { method: "POST", body, credentials: "same-origin" }).catch(() => { told = 0; });
  }
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") { tell(); look(); } });

  function listen() {
    if (!root.dataset.stream) {
      // The desk's page has a line already: it says "changed" on the body.
      document.body.addEventListener("changed", look);
      return;
    }
    const source = new EventSource(root.dataset.stream);
    source.addEventListener("open", () => { isLive = true; look(); });
    source.addEventListener("changed", look);
    source.addEventListener("error", () => {
      isLive = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    });
  }

  for (const each of kept_before()) { const mine = { ...each, files: [] }; waiting.push(mine); draw(mine); }
  if (waiting.length) flush();
  listen();
  down();
  tell();
  setInterval(() => { if (!isLive) look(); }, 10_000);
})();
