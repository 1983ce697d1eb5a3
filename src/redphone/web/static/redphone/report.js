// The report's form: a draft that survives a reload, and sending that loses nothing when the line
// or the desk's database is away. Without this script the form is sent as forms are.
"use strict";
(() => {
  const form = document.querySelector("form[data-report]");
  if (!form) return;
  const START = "redphone.draft:", DAY = 24 * 3600 * 1000;
  const restored = document.getElementById("restored"), unsent = document.getElementById("unsent");
  const button = form.querySelector("button[type=submit]"), label = button.textContent;
  const frame = window.RedphoneFrame;
  let owner = form.dataset.draft || "", seal = "", tried = false, sending = false, waiting = false, timer = 0;

  // --- The draft: of one person, in this browser, for a day -------------------------------------

  const typed = () => [...form.elements].filter((each) => each.name && (each.type === "radio" ? each.checked : ["text", "textarea"].includes(each.type)));
  const blank = {};
  for (const each of typed()) blank[each.name] = each.value;

  // Of somebody unknown it is kept for this tab only: the next one here may be another.
  const store = () => (owner ? localStorage : sessionStorage);
  const hasStore = (() => {
    try { return Boolean(localStorage); } catch { return false; }
  })();

  // A browser may give a frame of another site no storage. The page around keeps the draft then,
  // sealed with a key that the desk gives to this person only.
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const cipher = () => crypto.subtle.importKey("raw", bytes(seal), "AES-GCM", false, ["encrypt", "decrypt"]);

  async function keepAround(text) {
    if (!frame || !seal || !crypto.subtle) return;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const hidden = text ? await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await cipher(), new TextEncoder().encode(text)) : new ArrayBuffer(0);
    const all = [...iv, ...new Uint8Array(hidden)];
    frame.tell({ redphone: "keep", text: text ? btoa(String.fromCharCode(...all)) : "" });
  }

  async function readAround() {
    const kept = frame?.sealed();
    if (!kept || !seal || !crypto.subtle) return null;
    const all = bytes(kept);
    const open = await crypto.subtle.decrypt({ name: "AES-GCM", iv: all.slice(0, 12) }, await cipher(), all.slice(12));
    return new TextDecoder().decode(open);
  }

  async function keep(text) {
    try {
      if (!hasStore) await keepAround(text && text.length < 50_000 ? text : "");
      else if (text) store().setItem(START + owner, text);
      else store().removeItem(START + owner);
    } catch { /* A browser that keeps nothing still sends. */ }
  }

  function save() {
    const values = {};
    for (const each of typed()) if (each.value !== blank[each.name]) values[each.name] = each.value;
    const draft = { at: Date.now(), key: form.elements.key.value, values, files: form.elements.files.files.length };
    keep(Object.keys(values).length ? JSON.stringify(draft) : "");
  }

  async function load() {
    try {
      const draft = JSON.parse(hasStore ? store().getItem(START + owner) : await readAround());
      return draft && Date.now() - draft.at < DAY ? draft : null;
    } catch {
      return null;
    }
  }

  // Drafts of other people on this browser are theirs, and go when somebody else is here.
  function sweep() {
    if (!hasStore || !owner) return;
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(START) && name !== START + owner) localStorage.removeItem(name);
    }
  }

  function fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = form.elements[name];
      if (!field || ["key", "session", "token", "csrfmiddlewaretoken"].includes(name)) continue;
      if (field instanceof RadioNodeList || field.value === blank[name]) field.value = value;
    }
    form.querySelector("details").open ||= [...form.querySelectorAll("details textarea, details input")].some((each) => each.value);
  }

  async function restore() {
    sweep();
    const draft = await load();
    if (!draft) return hasStore && keep("");
    form.elements.key.value = draft.key;
    fill(draft.values);
    const afresh = document.createElement("button");
    afresh.type = "button";
    afresh.className = "plain";
    afresh.textContent = "Start afresh";
    afresh.addEventListener("click", async () => { await forget(); location.reload(); });
    restored.replaceChildren(`What you wrote is still here.${draft.files ? " Screenshots have to be added again." : ""} `, afresh);
    restored.hidden = false;
  }

  function forget() {
    clearTimeout(timer);
    return keep("");
  }

  function clear() {
    form.reset();
    for (const field of form.querySelectorAll("[data-files]")) field.dispatchEvent(new CustomEvent("redphone:sent"));
    for (const each of typed()) blank[each.name] = each.value;
    restored.hidden = true;
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, 250);
  });
  addEventListener("pagehide", () => { if (!sending) save(); });

  // --- Who is there, in a vendor's page ---------------------------------------------------------

  document.addEventListener("redphone:who", async ({ detail: { who, token } }) => {
    // What was tried once goes on as it began, so that it stays one report.
    if (tried) return;
    form.elements.token.value = token;
    form.elements.session.value = who ? who.session : "";
    const line = document.getElementById("who");
    const name = document.createElement("b");
    name.textContent = who?.name || "";
    line.replaceChildren(...(who ? ["Reporting as ", name, `${who.organisation ? `, ${who.organisation}` : ""}.`] : ["We could not tell who you are. Your report is taken all the same."]));
    before(who ? who.before : []);
    if (who && who.draft !== owner) {
      // What was typed before we knew comes along; what somebody before has left goes out of sight.
      if (owner) clear(); else await forget();
      owner = who.draft;
      seal = who.seal;
      await restore();
      save();
    }
    if (!who) return;
    const contact = form.elements.contact;
    if (contact.value === blank.contact) contact.value = blank.contact = who.contact;
    const promise = document.createElement("template");
    promise.innerHTML = who.promise;
    document.getElementById("promise").replaceWith(promise.content);
  });

  // Whoever has closed the page finds their case again, and does not report it twice.
  function before(cases) {
    const box = document.getElementById("before"), links = cases.map((each) => Object.assign(document.createElement("a"), { href: each.to, target: "_self", textContent: each.case }));
    box.replaceChildren("You have reported ", ...links.flatMap((link, place) => (place ? [", ", link] : [link])), " already. Look there first.");
    box.hidden = !cases.length;
  }

  // --- Sending ----------------------------------------------------------------------------------

  function busy(is) {
    sending = is;
    button.textContent = is ? "Sending…" : label;
    button.setAttribute("aria-disabled", String(is));
  }

  function failed(why) {
    busy(false);
    waiting = true;
    save();
    button.textContent = "Try again";
    unsent.replaceChildren(`Not sent yet: ${why} Nothing is lost, keep this page open. Or call `, Object.assign(document.createElement("b"), { textContent: form.dataset.hotline }), ", day or night.");
    unsent.hidden = false;
    unsent.scrollIntoView({ block: "nearest" });
  }

  function wrong(problems) {
    busy(false);
    document.getElementById("problems")?.remove();
    for (const old of form.querySelectorAll(".field > ul.errors")) old.remove();
    const box = document.createElement("div"), head = document.createElement("b");
    Object.assign(box, { id: "problems", className: "message error", tabIndex: -1 });
    box.setAttribute("role", "alert");
    head.textContent = "Not sent yet.";
    box.append(head);
    for (const [name, reasons] of Object.entries(problems)) {
      const field = form.elements[name];
      const link = document.createElement(field?.id ? "a" : "span");
      link.textContent = reasons.join(" ");
      if (field?.id) {
        link.href = `#${field.id}`;
        link.target = "_self";
        field.setAttribute("aria-invalid", "true");
      }
      box.append(" ", link);
    }
    form.prepend(box);
    box.focus();
  }

  // A desk that says nothing for so long is not there: half a minute, and time for the files.
  function post() {
    const size = [...form.elements.files.files].reduce((all, file) => all + file.size, 0);
    const signal = AbortSignal.timeout(30_000 + size / 50);
    return fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, signal });
  }

  // The page was open for so long that its mark against forgery has gone: get a new one, once.
  async function renew() {
    const fresh = await (await fetch(form.action, { cache: "no-store" })).text();
    const mark = new DOMParser().parseFromString(fresh, "text/html").querySelector("[name=csrfmiddlewaretoken]");
    if (mark && form.elements.csrfmiddlewaretoken) form.elements.csrfmiddlewaretoken.value = mark.value;
  }

  async function send() {
    if (sending) return;
    busy(true);
    unsent.hidden = true;
    waiting = false;
    if (frame && !tried) await frame.known;
    tried = true;
    save();
    try {
      let answer = await post();
      if (answer.status === 403) {
        await renew();
        answer = await post();
      }
      if (answer.status === 422) return wrong((await answer.json()).problems);
      if (answer.status === 413) return failed(await answer.text());
      if (!answer.ok) return failed("the desk cannot store anything at the moment.");
      const taken = await answer.json();
      await forget();
      frame?.tell({ redphone: "sent", case: taken.case });
      location.assign(taken.to);
    } catch {
      failed(navigator.onLine ? "the desk does not answer." : "you are offline. It goes by itself when you are back.");
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  addEventListener("online", () => { if (waiting) send(); });

  restore();
})();
