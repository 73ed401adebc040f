/* Three behaviours, asked for by attributes. Without this script every page works the same way,
   with reloads in between. */
"use strict";

const told = document.getElementById("told");

/* <form data-swap>: post without a reload; the answer's <main> takes the place of this one.
   <button data-download>: the answer is a file, and the page stays. */
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.dataset.sent) { event.preventDefault(); return; }
  const stays = button?.formTarget || button?.dataset.download !== undefined;
  if (stays || !form.hasAttribute("data-swap")) {
    if (!stays && form.method === "post") form.dataset.sent = "1";
    return;
  }
  event.preventDefault();
  form.dataset.sent = "1";
  button?.setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new FormData(form, button) });
  } catch {
    told.textContent = "Det gick inte att nå Utskick. Kontrollera nätet och försök igen.";
    button?.removeAttribute("aria-busy");
    delete form.dataset.sent;
    return;
  }
  const url = new URL(answer.url);
  if (answer.redirected && url.pathname !== location.pathname) { location.href = answer.url; return; }
  swap(new DOMParser().parseFromString(await answer.text(), "text/html"), button);
});

/* A page that comes back from the browser's memory can be sent again. */
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

function swap(page, button) {
  const came = page.getElementById("innehall");
  if (!came) { location.reload(); return; }
  const from = button?.id || button?.dataset.then || document.activeElement?.id;
  document.getElementById("innehall").replaceWith(came);
  document.title = page.title;
  const focus = came.querySelector("[data-focus]") || (from && document.getElementById(from)) || came;
  focus.focus({ preventScroll: !focus.hasAttribute("data-focus") && focus !== came });
  told.textContent = came.querySelector("[data-told]")?.dataset.told || "";
  wake(came);
}

/* data-poll="/address" data-every="3": fetch the element anew, as long as it asks for it. */
function poll(element) {
  setTimeout(async () => {
    if (!element.isConnected) return;
    try {
      const answer = await fetch(element.dataset.poll);
      if (answer.ok && !answer.redirected) {
        const came = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = came.getElementById(element.id);
        if (fresh && !element.contains(document.activeElement)) {
          element.replaceWith(fresh);
          wake(fresh.parentElement);
          return;
        }
      }
    } catch { /* the next try may well reach it */ }
    poll(element);
  }, Number(element.dataset.every || 3) * 1000);
}

/* <form data-live="/address" data-into="#id">: while typing, show what the server makes of it. */
let waiting;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.dataset.live) return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const body = new FormData(form);
    for (const name of [...body.keys()]) if (body.get(name) instanceof File) body.delete(name);
    const answer = await fetch(form.dataset.live, { method: "POST", body }).catch(() => null);
    const into = document.querySelector(form.dataset.into);
    if (answer?.ok && !answer.redirected && into) into.innerHTML = await answer.text();
  }, 300);
});

function wake(part) {
  part.querySelectorAll("[data-poll]").forEach((element) => {
    if (!element.dataset.awake) { element.dataset.awake = "1"; poll(element); }
  });
}

wake(document);
document.querySelector("[data-focus]")?.focus();
