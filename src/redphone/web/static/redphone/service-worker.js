// Shows pushes and brings back what is pressed on them. It has no cookies to rely on: the signed
// token in `callback` is the proof. Words are the desk's own (channels/push/words.py).
"use strict";

const SITE = self.location.origin;
const ICON = "/static/redphone/icon-192.png", BADGE = "/static/redphone/badge.png";
const UNREADABLE = { kind: "note", title: "Redphone", body: "Something rings. Open the desk.", tag: "", link: "/" };
const ASKED_WITHIN = 20_000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// A browser takes a push away from a site that shows nothing for it: something is always shown.
function read(event) {
  try {
    const told = event.data.json();
    return typeof told.title === "string" ? told : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

// Only addresses of this site are called or opened, whatever a push says.
function own(address) {
  try {
    const url = new URL(address || "/", SITE);
    return url.origin === SITE ? url.href : SITE + "/";
  } catch {
    return SITE + "/";
  }
}

function post(address, told) {
  const headers = told ? { "Content-Type": "application/json" } : {};
  return fetch(own(address), {
    method: "POST",
    headers,
    body: told ? JSON.stringify(told) : undefined,
    keepalive: true,
    signal: AbortSignal.timeout(ASKED_WITHIN),
  });
}

function buttons(told) {
  if (told.kind !== "page") return [];
  if (told.count > 1) {
    return [{ action: "take", title: "Take the first" }, { action: "all", title: `Take all ${told.count}` }];
  }
  return [{ action: "take", title: told.act || "Take it" }, { action: "open", title: "Open" }];
}

function show(told) {
  const rings = told.kind === "page" || (told.kind === "note" && told.is_urgent === true);
  const options = {
    body: told.body || "",
    icon: ICON,
    badge: BADGE,
    timestamp: Date.now(),
    data: told,
    requireInteraction: rings,
    actions: buttons(told),
  };
  // One of the same incident takes the place of the one before it: "taken by Ana" ends the ringing.
  if (told.tag) Object.assign(options, { tag: told.tag, renotify: rings || told.kind === "note" });
  if (rings) options.vibrate = [400, 200, 400, 200, 400, 200, 800];
  if (told.kind === "taken") options.silent = true;
  return self.registration.showNotification(told.title, options);
}

async function confirm(told) {
  const code = new URL(own(told.link)).searchParams;
  try {
    const answer = await post("/me/push/confirm/", { device: Number(code.get("device")), code: code.get("code") });
    if (!answer.ok) return show(told);
  } catch {
    return show(told);
  }
  return show({ ...told, kind: "note", title: "Pages ring here", body: "This browser gets them from now on.", link: "/me/devices/" });
}

async function arrive(told) {
  if (!told.callback) return;
  for (const wait of [0, 2000, 6000]) {
    await new Promise((done) => setTimeout(done, wait));
    try {
      const answer = await post(told.callback + "/arrived");
      if (answer.status < 500) return;
    } catch {
      // No line just now: once more.
    }
  }
}

self.addEventListener("push", (event) => {
  const told = read(event);
  const shown = told.kind === "code" ? confirm(told) : show(told);
  event.waitUntil(Promise.all([shown, arrive(told)]));
});

async function take(told, all) {
  let said;
  try {
    const answer = await post(`${told.callback}/take${all ? "?all=1" : ""}`);
    said = await answer.json();
  } catch {
    // It keeps ringing: nobody may think that they have it when the desk does not know.
    return show({ ...told, title: `Not taken: ${told.title.replace(/^Not taken: /, "")}`, body: "The desk could not be reached. Press again." });
  }
  return show({ ...told, kind: "taken", title: said.title, body: said.body || "" });
}

async function open(address) {
  const wanted = own(address);
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (page.url === wanted && "focus" in page) return page.focus();
  }
  return self.clients.openWindow(wanted);
}

self.addEventListener("notificationclick", (event) => {
  const told = event.notification.data || UNREADABLE;
  event.notification.close();
  const takes = told.kind === "page" && told.callback && ["take", "all"].includes(event.action);
  event.waitUntil(takes ? take(told, event.action === "all") : open(told.link));
});

// The push service gives this browser another address: tell the desk, as far as it lets us.
async function moved(event) {
  const old = event.oldSubscription;
  const fresh = event.newSubscription || (old && (await self.registration.pushManager.subscribe(old.options)));
  if (old && fresh) await post("/me/push/move/", { old: old.toJSON(), new: fresh.toJSON() });
}

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(moved(event).catch(() => undefined)));
