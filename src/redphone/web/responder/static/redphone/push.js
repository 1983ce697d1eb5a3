// "Push to this browser": asks for permission, subscribes, and waits until the code of a first push
// has come back by the service worker. Each way in which a browser can refuse has its own words.
"use strict";
(() => {
  const form = document.querySelector("form[data-push]");
  if (!form) return;
  const WAITS_FOR = 30_000, LOOKS_EVERY = 1000;
  const button = form.querySelector("button"), said = form.querySelector("[data-said]");

  const FAR = "The push service of this browser did not answer. A network that blocks it, or a browser that is built without one, can’t get pushes: try another network or browser.";

  // A browser may try for ever to reach its push service.
  const soon = (promise) =>
    Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(new Error(FAR)), WAITS_FOR))]);

  const say = (words, tone = "") => {
    said.textContent = words;
    said.className = `small ${tone}`.trim();
  };

  const isApple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  const isInstalled = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

  function lacking() {
    if (!window.isSecureContext) return "Push needs https. An operator of this desk has to set it up.";
    if (isApple && !isInstalled) {
      return "On an iPhone or iPad: press Share, then “Add to Home Screen”. Open Redphone from there, and come back to this page.";
    }
    if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
      return "This browser can’t get pushes. A private window never can: use a normal one, or another browser.";
    }
    return "";
  }

  function blocked() {
    return "Notifications of this site are blocked. Press the sign left of the address, allow notifications, and try again."
      + " On a telephone they may also be off for the whole browser, in the settings of the telephone.";
  }

  function name() {
    const agent = navigator.userAgent;
    const browsers = [["Edg", "Edge"], ["OPR", "Opera"], ["SamsungBrowser", "Samsung Internet"], ["Firefox", "Firefox"], ["Chrom", "Chrome"], ["Safari", "Safari"]];
    const systems = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac", "Mac"], ["CrOS", "ChromeOS"], ["Linux", "Linux"]];
    const found = (pairs, other) => (pairs.find(([mark]) => agent.includes(mark)) || [0, other])[1];
    return `${found(browsers, "Browser")} on ${found(systems, "a computer")}`;
  }

  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "="));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  const same = (buffer, other) => {
    const one = new Uint8Array(buffer || []);
    return one.length === other.length && one.every((byte, place) => byte === other[place]);
  };

  async function asked(address, told) {
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(told) });
    if (answer.redirected) throw new Error("You are signed out. Reload the page, and sign in again.");
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(found.body || "The desk could not do that. Reload the page, and try again.");
    return found;
  }

  async function subscription(worker) {
    const answer = await fetch(form.dataset.key);
    if (!answer.ok || answer.redirected) throw new Error("The desk did not give its key. Reload the page, and try again.");
    const key = bytes((await answer.json()).key);
    const old = await worker.pushManager.getSubscription();
    if (old && same(old.options.applicationServerKey, key)) return old;
    if (old) await old.unsubscribe();
    try {
      return await soon(worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
    } catch (error) {
      throw new Error(error.name === "NotAllowedError" ? blocked() : FAR);
    }
  }

  async function until(mine) {
    const ends = Date.now() + WAITS_FOR;
    while (Date.now() < ends) {
      const found = await asked(form.dataset.known, { subscription: mine.toJSON() });
      if (found.standing === "works") return true;
      await new Promise((done) => setTimeout(done, LOOKS_EVERY));
    }
    return false;
  }

  async function begin() {
    if ((await Notification.requestPermission()) !== "granted") throw new Error(blocked());
    say("One moment: this browser asks its push service…");
    await navigator.serviceWorker.register(form.dataset.worker);
    const mine = await subscription(await navigator.serviceWorker.ready);
    const found = await asked(form.action, { subscription: mine.toJSON(), name: name() });
    say("A first push is on its way…");
    if (found.standing !== "works" && !(await until(mine))) {
      say("No push has come within 30 seconds. If one still comes, press it: it fills in its code. Otherwise look whether your system shows notifications of this browser.", "amber-ink");
      return;
    }
    say("It works: pages come to this browser.", "green-ink");
    location.assign(`${form.dataset.devices}#device-${found.device}`);
    location.reload();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await begin();
    } catch (error) {
      say(error.message, "red-ink");
    }
    button.disabled = false;
  });

  async function standing() {
    const worker = await navigator.serviceWorker.getRegistration("/");
    const mine = worker && (await worker.pushManager.getSubscription());
    if (!mine) return;
    const found = await asked(form.dataset.known, { subscription: mine.toJSON() });
    if (found.standing === "works") {
      say("Pages come to this browser.", "green-ink");
      button.textContent = "Try this browser again";
    } else if (found.standing === "off") {
      say("Pushes to this browser failed, and it is switched off. Press the button to begin anew.", "amber-ink");
    }
  }

  const why = lacking();
  form.hidden = false;
  if (why) {
    button.disabled = true;
    say(why);
  } else if (Notification.permission === "denied") {
    say(blocked(), "amber-ink");
  } else {
    standing().catch(() => undefined);
  }
})();
