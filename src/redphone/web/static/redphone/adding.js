// Adding to a case without leaving its page. Without this script each form loads the page anew.
"use strict";
(() => {
  const PARTS = ["next", "said", "files", "reported"];
  let busy = false;

  // Takes over parts of the page that came back; what is typed elsewhere stays. What comes next is
  // a new thing to add, and has a key of its own.
  function show(text, more) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const id of [...PARTS, ...more]) {
      const now = document.getElementById(id), then = fresh.getElementById(id);
      if (now && then) now.replaceWith(document.importNode(then, true));
    }
    const key = document.querySelector("#adding [name=key]"), next = fresh.querySelector("#adding [name=key]");
    if (key && next) key.value = next.value;
  }

  async function load(address, options) {
    const answer = await fetch(address, options);
    if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
    return answer;
  }

  async function add(form) {
    const said = form.querySelector("[data-unsent]"), asks = "asks" in form.dataset;
    said.hidden = true;
    try {
      const answer = await load(form.action, { method: "POST", body: new FormData(form) });
      if (answer.status === 422) {
        said.textContent = "Nothing was written yet.";
        said.hidden = false;
        return;
      }
      if (!asks) {
        form.reset();
        for (const field of form.querySelectorAll("[data-files]")) field.dispatchEvent(new CustomEvent("redphone:sent"));
      }
      show(await answer.text(), asks ? ["asking"] : []);
      if (asks) goOn();
    } catch {
      said.textContent = `Not added yet: ${navigator.onLine ? "the desk does not answer" : "you are offline"}. Your words are still here, press the button once more.`;
      said.hidden = false;
    }
  }

  function goOn() {
    const asking = document.getElementById("asking");
    (asking.querySelector("textarea, input:not([type=hidden])") || document.getElementById("main")).focus();
  }

  async function once(work) {
    if (busy) return;
    busy = true;
    await work().finally(() => { busy = false; });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-in-place]");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    once(() => add(form));
  }, true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-in-place]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    once(async () => {
      try {
        show(await (await load(link.href, {})).text(), ["asking"]);
        goOn();
      } catch {
        location.assign(link.href);
      }
    });
  });
})();
