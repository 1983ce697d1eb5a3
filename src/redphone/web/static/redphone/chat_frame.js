// The first page of a chat in a vendor's page: who is there, and the conversations they have open.
"use strict";
(() => {
  const form = document.getElementById("start-chat");
  if (!form) return;
  const field = (name) => form.querySelector(`[name=${name}]`);

  async function list(session) {
    const answer = await fetch(form.dataset.mine, { method: "POST", body: new URLSearchParams({ session }), credentials: "omit" });
    if (!answer.ok) return;
    const { open } = await answer.json(), box = document.getElementById("open-chats");
    if (!open.length) return;
    box.querySelector("ul").replaceChildren(...open.map(({ go, title }) => {
      const line = document.createElement("li"), link = document.createElement("a");
      link.href = go;
      link.target = "_self";
      link.textContent = title;
      line.append(link);
      return line;
    }));
    box.hidden = false;
  }

  document.addEventListener("redphone:who", (event) => {
    const { who, token } = event.detail;
    // Without a session the words carry the token itself: what can't be believed is noted, not refused.
    field("token").value = who ? "" : token;
    if (!who) return;
    field("session").value = who.session;
    document.getElementById("reach").hidden = true;
    const says = document.getElementById("who"), name = document.createElement("b");
    name.textContent = who.name;
    says.replaceChildren("Writing as ", name, who.organisation ? `, ${who.organisation}.` : ".");
    const promise = document.createElement("template");
    promise.innerHTML = who.promise;
    document.getElementById("promise").replaceWith(promise.content);
    list(who.session).catch(() => {});
  });
})();
