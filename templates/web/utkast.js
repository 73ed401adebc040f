/* <form data-saved="/address">: what is typed is saved as it changes, as a draft. The answer takes
   the place of #utkast, which says which version the page shows. */
"use strict";

(() => {
  const AFTER_TYPING_MS = 1000;
  let waiting, saving, changed;

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.form;
      if (!form?.dataset.saved || event.target.type === "file" || event.target.dataset.finds) return;
      changed = form;
      clearTimeout(waiting);
      waiting = setTimeout(save, kind === "input" ? AFTER_TYPING_MS : 0);
    });
  }

  /* A page that is left has no time to wait for it. */
  addEventListener("pagehide", () => { if (changed) save({ keepalive: true }); });

  async function save(options = {}) {
    if (!options.keepalive) await saving;
    const form = changed;
    /* A button that was pressed posts the same. */
    if (!form?.isConnected || form.dataset.sent) return;
    changed = null;
    saving = post(form, options);
  }

  async function post(form, options) {
    const body = new FormData(form);
    for (const name of [...body.keys()]) if (body.get(name) instanceof File) body.delete(name);
    let answer;
    try {
      answer = await fetch(form.dataset.saved, { method: "POST", body, ...options });
    } catch {
      changed ??= form;
      return;
    }
    if (!form.isConnected || form.dataset.sent) return;
    if (answer.status === 401) say(form, "Sparas inte: du är inte inloggad längre. Tryck på en knapp för att fortsätta, så finns allt kvar.");
    if (!answer.ok && answer.status !== 409) return;
    show(form, new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  function show(form, came) {
    const now = form.querySelector("#utkast");
    const fresh = came.getElementById("utkast");
    if (!now || !fresh) return;
    now.replaceWith(fresh);
    const address = fresh.dataset.address;
    if (address && !location.pathname.includes("/utkast/")) history.replaceState(null, "", address);
  }

  function say(form, sentence) {
    const said = document.createElement("p");
    said.className = "problem";
    said.setAttribute("role", "alert");
    said.textContent = sentence;
    form.querySelector("#utkast p")?.remove();
    form.querySelector("#utkast")?.append(said);
  }
})();
