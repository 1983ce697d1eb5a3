// Redphone's button for a page of yours: opens the desk's form in a frame, or in a tab, and hands
// it the token by which your server says who is there. No dependencies, no eval, no inline style.
"use strict";
(() => {
  if (window.Redphone) return;
  const script = document.currentScript;
  const settings = script ? script.dataset : {};
  const desk = new URL(script ? script.src : location.href).origin;
  const PATHS = { report: "/frame/report/", chat: "/frame/chat/" };
  const TITLES = { report: "Report Critical Issue", chat: "Emergency chat" };
  const PATIENCE = 6000;  // ms until a frame that says nothing counts as blocked.
  let shell = null, ready = false, silence = 0, giveToken = null;

  // --- The token: from the page, or fresh from its server --------------------------------------

  async function fresh() {
    if (giveToken) {
      const given = giveToken;
      if (typeof given === "function") return given();
      giveToken = null;  // A text is good once.
      return given;
    }
    if (!settings.tokenUrl) return "";
    const answer = await fetch(settings.tokenUrl, {
      cache: "no-store", headers: { Accept: "application/json" },
    });
    if (!answer.ok) throw Error(`status ${answer.status}`);
    const text = (await answer.text()).trim();
    return text[0] === "{" ? JSON.parse(text).token : text;
  }

  async function token() {
    try {
      return String((await fresh()) || "");
    } catch (error) {
      // Whoever reports is unknown then, and is heard all the same.
      console.warn("Redphone: no token,", error.message);
      return "";
    }
  }

  // --- In a frame ------------------------------------------------------------------------------

  const LOOK = `
    dialog { border: 0; border-radius: 14px; padding: 0; width: min(46rem, 94vw); height: min(54rem, 94vh); overflow: hidden; color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
    dialog[open] { display: flex; flex-direction: column; }
    dialog::backdrop { background: rgb(0 0 0 / 50%); }
    header { display: flex; align-items: center; gap: .75rem; padding: .3rem .3rem .3rem 1rem; }
    b { flex: 1; }
    button { font: inherit; width: 44px; height: 44px; border: 0; background: none; color: inherit; }
    iframe { border: 0; width: 100%; flex: 1; }
    p { margin: 1rem; }
    [hidden] { display: none; }
    @media (max-width: 40rem) { dialog { width: 100vw; height: 100dvh; max-width: none; max-height: none; border-radius: 0; } }`;
  const BUTTON = `:where(.redphone-button) { font: 600 15px/1.2 system-ui, sans-serif; padding: .7rem 1.1rem; min-height: 44px; border: 0; border-radius: 8px; background: #c4251a; color: #fff; cursor: pointer; }`;

  function sheet(root, text) {
    const made = new CSSStyleSheet();
    made.replaceSync(text);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, made];
  }

  function make(name, attributes = {}, ...within) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...within);
    return made;
  }

  function build(kind) {
    const host = make("redphone-desk");
    const root = host.attachShadow({ mode: "open" });
    sheet(root, LOOK);
    const close = make("button", { type: "button", "aria-label": "Close" }, "✕");
    const away = make("a", { href: `${desk}/report/`, target: "_blank", rel: "noopener" }, "Open in a tab");
    const trouble = make("p", { role: "alert" }, "No form here? Open it in a tab, above.");
    trouble.hidden = true;
    const frame = make("iframe", { title: TITLES[kind], src: desk + PATHS[kind], allow: "clipboard-read; clipboard-write" });
    const dialog = make("dialog", { "aria-label": TITLES[kind] },
      make("header", {}, make("b", {}, TITLES[kind]), away, close), trouble, frame);
    close.addEventListener("click", () => dialog.close());
    away.addEventListener("click", (event) => { event.preventDefault(); dialog.close(); tab(kind); });
    // Each page within is greeted anew: the form, and the case that it becomes.
    frame.addEventListener("load", () => hello(frame));
    root.append(dialog);
    document.body.append(host);
    return { kind, host, dialog, frame, trouble };
  }

  // A draft that the desk can't keep itself, where frames have no storage: sealed, so that only the
  // desk's own page can read it, and only for the same person.
  const KEPT = "redphone.draft";
  const hello = (frame) => send(frame, { redphone: "hello", kept: sessionStorage[KEPT] });
  const send = (frame, message) => frame.contentWindow && frame.contentWindow.postMessage(message, desk);

  function frame(kind) {
    if (shell && shell.kind !== kind) forget();
    // A frame that is shown again asks again who is there: it may be somebody else by now.
    if (shell) hello(shell.frame);
    else {
      ready = false;
      shell = build(kind);
      clearTimeout(silence);
      silence = setTimeout(blocked, PATIENCE);
    }
    if (!shell.dialog.open) shell.dialog.showModal();
    shell.frame.focus();
  }

  function blocked() {
    if (shell && !ready) shell.trouble.hidden = false;
  }

  function forget() {
    clearTimeout(silence);
    if (shell) shell.host.remove();
    shell = null;
  }

  addEventListener("message", async (event) => {
    if (!shell || event.origin !== desk || event.source !== shell.frame.contentWindow) return;
    const said = event.data || {}, to = shell.frame;
    if (said.redphone === "ready") {
      ready = true;
      shell.trouble.hidden = true;
      if (said.wants === "token") send(to, { redphone: "token", token: await token() });
    } else if (said.redphone === "keep") {
      sessionStorage[KEPT] = said.text;
    } else if (said.redphone === "close") {
      shell.dialog.close();
    } else if (said.redphone === "sent") {
      document.dispatchEvent(new CustomEvent("redphone:sent", { detail: { case: said.case } }));
    }
  });
  document.addEventListener("securitypolicyviolation", (event) => {
    if (event.blockedURI.startsWith(desk)) blocked();
  });

  // --- In a tab: a form of one field, so that the token is in no address ------------------------

  async function tab(kind) {
    // A browser lets a click open a tab for about a second.
    const inTime = await Promise.race([token(), new Promise((done) => setTimeout(done, 900, ""))]);
    const form = make("form", { method: "post", action: desk + PATHS[kind], target: "_blank", rel: "noopener" },
      make("input", { type: "hidden", name: "token", value: inTime }));
    document.body.append(form);
    form.submit();
    form.remove();
  }

  // --- What your page sees ---------------------------------------------------------------------

  const canFrame = window.HTMLDialogElement && "adoptedStyleSheets" in document;

  function open(kind = "report", options = {}) {
    if (!PATHS[kind]) throw Error(`Redphone: no ${kind}`);
    giveToken = options.token || giveToken;
    const mode = options.mode || settings.mode || "frame";
    if (mode === "tab" || !canFrame) tab(kind); else frame(kind);
  }

  window.Redphone = Object.freeze({ open, forget });

  function place() {
    if (!settings.button) return;
    const kind = settings.open || "report";
    let found = document.querySelector(settings.button);
    if (!found) return console.warn("Redphone: no", settings.button);
    if (!found.matches("button, a, input, [role=button]")) {
      if (canFrame) sheet(document, BUTTON);
      const made = make("button", { type: "button", class: "redphone-button" }, TITLES[kind]);
      // Only now: without scripts the plain link that stood there is what works.
      found.replaceChildren(made);
      found = made;
    }
    found.addEventListener("click", (event) => {
      event.preventDefault();
      open(kind);
    });
  }
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", place); else place();
})();
