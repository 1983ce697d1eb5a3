// The desk's side of a page within a vendor's own page: who is there, by the token that the page
// around us hands over. Only the sites that an identity key names are listened to.
"use strict";
(() => {
  const page = document.body, purpose = page.dataset.purpose || "";
  const origins = (page.dataset.origins || "").split(" ").filter(Boolean);
  const KEPT = "redphone.session";
  if (parent !== window) page.dataset.within = "";
  let vendor = "", tries = 0, token = "", sealed = "", settle;
  // Settled when it is known who is there, or that nobody will say so.
  const known = new Promise((done) => { settle = done; });

  function tell(message) {
    if (vendor) parent.postMessage(message, vendor);
  }

  // The session of this tab. A browser may allow no storage at all, and then a reload forgets it.
  function keep(text) {
    try {
      if (text) sessionStorage.setItem(KEPT, text);
      else if (text === null) sessionStorage.removeItem(KEPT);
      return sessionStorage.getItem(KEPT);
    } catch {
      return null;
    }
  }

  addEventListener("message", (event) => {
    if (parent === window || event.source !== parent || !origins.includes(event.origin)) return;
    const said = event.data || {};
    vendor = event.origin;
    if (said.redphone === "hello") {
      // Somebody with a keyboard writes at once; on a phone it would cover half of the page.
      if (purpose && innerWidth > 640 && document.activeElement === page) document.querySelector("textarea")?.focus({ preventScroll: true });
      tries = 0;
      sealed = String(said.kept || "");
      tell({ redphone: "ready", wants: purpose ? "token" : "" });
      if (page.dataset.case) tell({ redphone: "sent", case: page.dataset.case });
    } else if (said.redphone === "token" && purpose) {
      exchange({ token: String(said.token || "") });
    }
  });

  async function exchange(held) {
    token = held.token || "";
    if (!token && !held.session) return arrived(null);
    try {
      const answer = await fetch("/frame/session/", {
        method: "POST", body: new URLSearchParams({ ...held, purpose }), credentials: "omit",
      });
      const told = await answer.json();
      if (answer.ok) return arrived(told);
      if (told.again && tries++ < 1) return tell({ redphone: "ready", wants: "token" });
      keep(null);
    } catch {
      // The report carries the token itself then.
    }
    arrived(null);
  }

  function arrived(who) {
    if (who && parent === window) keep(who.session);
    settle(who);
    document.dispatchEvent(new CustomEvent("redphone:who", { detail: { who, token } }));
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) tell({ redphone: "close" });
  });

  // In a tab the page came with its session; a reload finds it again in this tab only.
  function inTab() {
    const given = document.querySelector("input[name=session]")?.value;
    const kept = given ? keep(given) : keep();
    if (given || !kept) settle(null); else exchange({ session: kept });
  }

  window.RedphoneFrame = Object.freeze({ known, tell, sealed: () => sealed });
  if (purpose && parent === window) inTab();
  // A page around us that says nothing is no reason to wait for ever.
  else setTimeout(settle, 4000, null);
})();
