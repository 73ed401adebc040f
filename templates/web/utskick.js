/* A few behaviours, asked for by attributes. Without this script every page works the same way,
   with reloads in between. */
"use strict";

const announcement = document.getElementById("announcement");

/* <form data-swap>: post without a reload; the answer's <main> takes the place of this one.
   <button data-download>: the answer is a file, and the page stays. */
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.dataset.sent) { event.preventDefault(); queueUp(form); return; }
  const stays = button?.formTarget || button?.dataset.download !== undefined;
  if (stays || !form.hasAttribute("data-swap")) {
    if (!stays && form.method === "post") busy(form, button);
    return;
  }
  event.preventDefault();
  busy(form, button);
  const body = posted(form, button);
  const sent = takeTyped(form);
  const left = { field: document.activeElement, values: values(form) };
  let answer;
  try {
    const to = button?.hasAttribute("formaction") ? button.formAction : form.action;
    answer = await fetch(to, { method: "POST", body, signal: AbortSignal.timeout(LONGEST_MS) });
  } catch {
    announcement.textContent = "Det gick inte att nå Utskick. Kontrollera nätet och försök igen.";
    announcement.className = "unreached";
    giveBack(form, [sent, ...queued.splice(0)]);
    idle(form);
    return;
  }
  const url = new URL(answer.url);
  const address = answer.headers.get("Content-Location");
  if (!address && answer.redirected && url.pathname !== location.pathname) { location.href = answer.url; return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const typed = [...values(form)].filter(([id, value]) => value !== left.values.get(id));
  const moved = document.activeElement !== left.field && document.activeElement.id;
  if (address) standAt(address);
  swap(page, moved || button?.id || button?.dataset.then || left.field?.id, moved);
  if (queued.length) queued.unshift(takeTyped(document));
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (!field) continue;
    field.value = field.matches("[data-queue]") ? together([field.value, value]) : value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  sendQueued();
});

const LONGEST_MS = 180_000;

function busy(form, button) {
  form.dataset.sent = "1";
  if (button) form.querySelectorAll("button").forEach((each) => { if (each.value === button.value) each.setAttribute("aria-busy", "true"); });
}

function idle(form) {
  delete form.dataset.sent;
  form.querySelectorAll("[aria-busy]").forEach((each) => each.removeAttribute("aria-busy"));
}

/* <input data-queue>: what is typed, scanned or pasted into it while an answer is awaited is sent after
   it. Each is taken, and none is lost or sent twice. */
const queued = [];
const together = (parts) => parts.filter((part) => part.trim()).join(" ");

function takeTyped(form) {
  const field = form.querySelector("[data-queue]");
  const typed = field?.value || "";
  if (field) field.value = "";
  return typed;
}

function giveBack(form, parts) {
  const field = form.querySelector("[data-queue]");
  if (field) field.value = together([...parts, field.value]);
}

function queueUp(form) {
  const typed = takeTyped(form);
  if (typed.trim()) queued.push(typed);
}

function sendQueued() {
  const field = document.querySelector("[data-queue]");
  if (!field || !queued.length) return;
  const typing = field.value;
  field.value = together(queued.splice(0));
  field.form.requestSubmit(field.form.querySelector("button[value=lagg-till]"));
  field.value = typing;
}

document.addEventListener("paste", (event) => {
  const field = event.target.closest("[data-queue]");
  const text = event.clipboardData.getData("text").trim();
  if (!field || !text.includes("\n")) return;
  event.preventDefault();
  field.setRangeText(text.replace(/\s*\n\s*/g, ", "), field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

/* The answer has an address of its own, which shows the same when it is reloaded. The empty page
   that a draft was begun on is no place to go back to. */
function standAt(address) {
  if (address === location.pathname) return;
  const among = location.pathname.includes("/utkast/") ? "pushState" : "replaceState";
  history[among](null, "", address);
  shown = address;
}

/* A link to a field of the same page is no other page. */
let shown = location.pathname;
addEventListener("popstate", () => { if (location.pathname !== shown) location.reload(); });

/* Of a file that is too large only enough is sent to show that it is. */
function posted(form, button) {
  const body = new FormData(form, button);
  for (const input of form.querySelectorAll("input[type=file][data-most]")) {
    const [file] = input.files;
    const most = Number(input.dataset.most);
    if (file?.size > most) body.set(input.name, file.slice(0, most + 1), file.name);
  }
  return body;
}

/* What can be typed while an answer is awaited, and must not be lost when it comes. */
function values(form) {
  const fields = [...form.elements].filter((field) => field.id && /^(text|search|date|tel)/.test(field.type));
  return new Map(fields.map((field) => [field.id, field.value]));
}

/* A page that comes back from the browser's memory can be sent again. */
addEventListener("pageshow", () => {
  for (const form of document.forms) idle(form);
});

function swap(page, from, moved) {
  const came = page.getElementById("innehall");
  if (!came) { location.reload(); return; }
  for (const open of document.querySelectorAll("main details[id][open]")) {
    came.querySelector(`details#${open.id}`)?.setAttribute("open", "");
  }
  document.getElementById("innehall").replaceWith(came);
  wake(came); /* before the focus, which a field that is given a new place would lose */
  document.title = page.title;
  const wanted = moved ? null : came.querySelector("[data-focus]");
  const focus = wanted || (from && document.getElementById(from)) || came;
  focus.focus({ preventScroll: !wanted && focus !== came });
  announcement.textContent = came.querySelector("[data-announce]")?.dataset.announce || "";
  announcement.className = "visually-hidden";
}

/* data-poll="/address" data-every="3": fetch the element anew, as long as it asks for it. */
function poll(element) {
  setTimeout(async () => {
    if (!element.isConnected) return;
    try {
      const answer = await fetch(element.dataset.poll);
      if (answer.status === 404) return;
      if (answer.ok && !answer.redirected) {
        const came = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = came.getElementById(element.id);
        if (fresh && !element.contains(document.activeElement)) {
          element.replaceWith(fresh);
          if (fresh.dataset.announce) announcement.textContent = fresh.dataset.announce;
          wake(fresh.parentElement);
          return;
        }
      }
    } catch { /* the next try may well reach it */ }
    poll(element);
  }, Number(element.dataset.every || 3) * 1000);
}

/* <form data-live="/address" data-into="#id">: while typing, show what the server makes of it.
   <input data-unlived>: it makes nothing of this.
   <template data-at="#id"> in the answer: a part of it that stands elsewhere. */
let waiting;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.dataset.live) return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const body = new FormData(form);
    for (const name of [...body.keys()]) if (body.get(name) instanceof File) body.delete(name);
    for (const field of form.querySelectorAll("[data-unlived]")) body.delete(field.name);
    const answer = await fetch(form.dataset.live, { method: "POST", body }).catch(() => null);
    const into = document.querySelector(form.dataset.into);
    if (!answer?.ok || answer.redirected || !into) return;
    into.innerHTML = await answer.text();
    for (const part of into.querySelectorAll("template[data-at]")) {
      document.querySelector(part.dataset.at)?.replaceChildren(part.content);
    }
  }, 300);
});

/* <input type="search" data-finds="gor">: look in a long list while one types. The form is posted as if
   that button were pressed, and only the [data-part]s of the answer take their places. */
let finding, found = 0;
async function find(input) {
  clearTimeout(finding);
  const form = input.form;
  if (form.dataset.sent) return;
  const asked = ++found;
  const body = new FormData(form);
  for (const name of [...body.keys()]) if (body.get(name) instanceof File) body.delete(name);
  body.set("gor", input.dataset.finds);
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  if (!answer?.ok || asked !== found || form.dataset.sent) return;
  const came = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = came.getElementById(part.id);
    if (!fresh) continue;
    const around = part.closest("[data-poll]");
    const now = around && came.getElementById(around.id);
    if (now?.dataset.poll) around.dataset.poll = now.dataset.poll;
    part.replaceWith(fresh);
    announcement.textContent = fresh.querySelector("[data-announce]")?.dataset.announce || "";
    wake(fresh);
  }
}

document.addEventListener("input", (event) => {
  if (!event.target.dataset.finds) return;
  clearTimeout(finding);
  finding = setTimeout(() => find(event.target), 250);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.dataset?.finds) return;
  event.preventDefault();
  find(event.target);
});

/* <button data-choose="id">: lets a file be chosen, which is sent at once. */
document.addEventListener("click", (event) => {
  const input = document.getElementById(event.target.closest("[data-choose]")?.dataset.choose);
  if (!input || input.files.length) return;
  event.preventDefault();
  input.click();
});

/* While the file was being chosen, an answer may have brought another page. */
async function sendChosen(chosen) {
  const now = () => document.getElementById(chosen.id);
  while (now()?.form.dataset.sent) await new Promise((resolve) => { setTimeout(resolve, 100); });
  const input = now();
  if (!input || !chosen.files.length) return;
  if (input !== chosen) input.files = chosen.files;
  input.form.requestSubmit(document.querySelector(`[data-choose="${input.id}"]`));
}

/* Whoever comes by the keyboard sees all of where they are, above the bar. */
document.addEventListener("keyup", (event) => {
  if (event.key === "Tab" && !document.activeElement.closest(".bar")) document.activeElement.scrollIntoView({ block: "nearest" });
});

/* data-copy="#id": put the field's text on the clipboard, where the browser lets us. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).value);
  announcement.textContent = "Kopierat.";
});

/* <button data-insert="text" data-at="id">: put it where the cursor is in that field; what is
   chosen there takes the place of its "…". */
document.addEventListener("focusin", (event) => {
  if (event.target.localName === "textarea") event.target.dataset.entered = "1";
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = document.getElementById(button.dataset.at);
  if (!field.dataset.entered) field.setSelectionRange(field.value.length, field.value.length);
  const { selectionStart: start, selectionEnd: end } = field;
  const [before, after = ""] = button.dataset.insert.split("…");
  const chosen = after ? field.value.slice(start, end) : "";
  field.setRangeText(before + chosen + after, start, end, "end");
  if (after) field.setSelectionRange(start + before.length, start + before.length + chosen.length);
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

/* data-when="id": only there while that box is ticked. */
function follow(part) {
  part.querySelectorAll("[data-when]").forEach((element) => {
    element.hidden = document.getElementById(element.dataset.when)?.checked === false;
  });
}
document.addEventListener("change", (event) => { if (event.target.type === "checkbox") follow(document); });

/* <button data-calendar="id">: choose a day in the browser's own calendar. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-calendar]");
  if (!button) return;
  const field = document.getElementById(button.dataset.calendar);
  const calendar = document.createElement("input");
  calendar.type = "date";
  calendar.className = "behind";
  calendar.tabIndex = -1;
  calendar.setAttribute("aria-hidden", "true");
  calendar.value = field.value;
  calendar.addEventListener("change", () => {
    field.value = calendar.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  button.parentElement.querySelector(".behind")?.remove();
  button.after(calendar);
  calendar.showPicker();
});

/* <span data-says="id">: what stands in that field. */
function say(part) {
  part.querySelectorAll("[data-says]").forEach((said) => {
    const typed = document.getElementById(said.dataset.says)?.value.trim();
    said.dataset.empty ??= said.textContent;
    const day = /^\d{4}-\d\d-\d\d$/.test(typed || "") ? new Date(`${typed}T12:00`) : null;
    const words = day && !Number.isNaN(day.getTime()) ? day.toLocaleDateString("sv", { dateStyle: "long" }) : typed;
    if (typed !== undefined && words !== said.dataset.said) said.textContent = words ? (said.dataset.before || "") + words : said.dataset.empty;
    said.dataset.said = words;
  });
}

document.addEventListener("input", () => say(document));

/* data-script: only where this script runs; data-no-script: only where it does not. */
function wake(part) {
  wakePicks(part);
  part.querySelectorAll("[data-script]").forEach((element) => { element.hidden = false; });
  part.querySelectorAll("[data-no-script]").forEach((element) => { element.hidden = true; });
  follow(part);
  if (HTMLInputElement.prototype.showPicker) part.querySelectorAll("[data-calendar]").forEach((button) => { button.hidden = false; });
  if (navigator.clipboard) part.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  part.querySelectorAll("[data-choose]").forEach((button) => {
    const input = document.getElementById(button.dataset.choose);
    input.hidden = true;
    input.addEventListener("change", () => sendChosen(input));
  });
  part.querySelectorAll("[data-poll]").forEach((element) => {
    if (!element.dataset.awake) { element.dataset.awake = "1"; poll(element); }
  });
}

/* data-print: the page was asked for on paper. */
if (document.querySelector("[data-print]")) print();

wake(document);
document.querySelector("[data-focus]")?.focus();
