/* Two minutes before somebody is signed out they are asked whether they are still there (WCAG 2.2.1).
   Afterwards the page is covered, and what was typed is there when they have signed in anew. */
"use strict";

const WARNED_MS = 120_000;
const KEPT = "utskick-ute";
const soon = document.getElementById("snart-ute");
const out = document.getElementById("ute");
const idleMs = Number(document.body.dataset.signsOut) * 1000;
let anyway = Date.now() + Number(document.body.dataset.signsOutAnyway) * 1000;
let ends = 0;

/* Something reached the server just now; other tabs know it, too. */
function seen(at = Date.now()) {
  ends = Math.max(ends, Math.min(at + idleMs, anyway));
  if (Number(localStorage.getItem(KEPT) || 0) < ends) localStorage.setItem(KEPT, ends);
}

addEventListener("storage", (event) => {
  if (event.key === KEPT && event.newValue) ends = Math.min(Math.max(ends, Number(event.newValue)), anyway);
});

new PerformanceObserver((list) => {
  if (list.getEntries().some((entry) => entry.initiatorType === "fetch" && entry.responseStatus < 400)) seen();
}).observe({ type: "resource" });

async function signedIn() {
  const answer = await fetch("/inloggad/kvar", { redirect: "manual" }).catch(() => null);
  return answer?.status === 204;
}

function look() {
  const left = ends - Date.now();
  if (left > WARNED_MS) {
    soon.close();
  } else if (left > 0) {
    const minutes = Math.ceil(left / 60_000);
    const words = minutes > 1 ? "två minuter" : left > 30_000 ? "en minut" : "en halv minut";
    const said = soon.querySelector("[data-left]");
    if (said.textContent !== words) said.textContent = words;
    if (!soon.open && !out.open) soon.showModal();
  } else if (!out.open) {
    soon.close();
    out.showModal();
  }
}

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-stay]")) {
    if (await signedIn()) seen(); else ends = 0;
    look();
  } else if (event.target.closest("[data-back]")) {
    const back = await signedIn();
    out.querySelector("[data-still]").hidden = back;
    if (!back) return;
    anyway = Date.now() + idleMs;
    seen();
    out.close();
  }
});

/* Nothing but an answer takes it away. */
for (const dialog of [soon, out]) dialog.addEventListener("cancel", (event) => event.preventDefault());

seen();
setInterval(look, 1000);
