/* <input data-pick list="id">: a combobox of our own (WAI-ARIA's pattern), over the suggestions that
   are there without script. One types to filter; Enter chooses, and never sends the form. */
"use strict";

const folded = (text) => text.toLocaleLowerCase("sv").normalize("NFC").trim();

class Pick {
  constructor(input) {
    this.input = input;
    this.options = [...input.list.options].map((option) => ({
      value: option.value, group: option.dataset.group, beside: option.dataset.beside, why: option.dataset.why,
    }));
    this.popup = this.made("div", "pick-list", { id: `${input.id}-lista`, role: "listbox", "aria-label": input.labels[0]?.textContent || "" });
    this.popup.hidden = true;
    input.removeAttribute("list");
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.popup.id })) input.setAttribute(name, value);
    const around = this.made("span", "pick-field");
    input.replaceWith(around);
    around.append(input, this.popup);
    input.addEventListener("input", (event) => { if (event.isTrusted) this.open(); });
    input.addEventListener("click", () => (this.popup.hidden ? this.open(true) : this.close()));
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.leave());
    this.popup.addEventListener("pointerdown", (event) => event.preventDefault());
    this.popup.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option && !option.hasAttribute("aria-disabled")) this.choose(option);
    });
  }

  made(tag, name, attributes = {}) {
    const element = document.createElement(tag);
    element.className = name;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  /* `all`: whatever stands in the field, when that is a choice already made. */
  found(all) {
    const typed = folded(this.input.value);
    const words = typed.split(/\s+/);
    const made = all && this.options.some((option) => !option.why && folded(option.value) === typed);
    return made ? this.options.filter((option) => !option.why)
      : this.options.filter((option) => (typed || !option.why) && words.every((word) => folded(`${option.value} ${option.beside || ""}`).includes(word)));
  }

  open(all = false) {
    const found = this.found(all);
    this.popup.replaceChildren();
    for (const group of new Set(found.filter((option) => !option.why).map((option) => option.group))) {
      const part = this.made("div", "pick-group", { role: "group", "aria-label": group });
      const heading = this.made("p", "pick-heading", { "aria-hidden": "true" });
      heading.textContent = group;
      part.append(heading, ...found.filter((option) => !option.why && option.group === group).map((option) => this.drawn(option)));
      this.popup.append(part);
    }
    this.popup.append(...found.filter((option) => option.why).map((option) => this.drawn(option)));
    if (!found.length) this.popup.append(this.drawn({ value: "Inget i listan heter så.", why: "" }));
    this.popup.querySelectorAll("[role=option]").forEach((option, at) => { option.id = `${this.popup.id}-${at}`; });
    this.popup.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.point(this.choices.find((option) => folded(option.dataset.value) === folded(this.input.value)) || (this.input.value.trim() ? this.choices[0] : null));
    if (!all) announcement.textContent = this.choices.length === 1 ? "1 att välja" : `${this.choices.length} att välja`;
  }

  drawn(option) {
    const element = this.made("div", "pick-option", { role: "option", "aria-selected": "false" });
    element.dataset.value = option.value;
    element.textContent = option.value;
    if (option.why !== undefined) element.setAttribute("aria-disabled", "true");
    const said = option.why || option.beside;
    if (said) {
      const beside = this.made("span", "muted");
      beside.textContent = said;
      element.append(" ", beside);
    }
    return element;
  }

  get choices() {
    return [...this.popup.querySelectorAll("[role=option]:not([aria-disabled])")];
  }

  get pointed() {
    return this.choices.find((option) => option.getAttribute("aria-selected") === "true");
  }

  point(option) {
    this.pointed?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  choose(option) {
    this.input.value = option.dataset.value;
    this.close();
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    announcement.textContent = `Valt: ${option.dataset.value}`;
  }

  close() {
    this.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /* What can only mean one is that one. */
  leave() {
    const typed = this.input.value.trim();
    const meant = this.found(false).filter((option) => !option.why);
    if (!this.popup.hidden && typed && meant.length === 1 && meant[0].value !== typed) {
      this.input.value = meant[0].value;
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.close();
  }

  key(event) {
    const shut = this.popup.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (!shut && this.pointed) this.choose(this.pointed);
    } else if (event.key === "Escape" && !shut) {
      event.preventDefault();
      this.close();
    } else if (step) {
      event.preventDefault();
      if (shut) { this.open(true); if (this.pointed) return; }
      const all = this.choices;
      const at = all.indexOf(this.pointed);
      if (all.length) this.point(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
    }
  }
}

function wakePicks(part) {
  part.querySelectorAll("[data-pick]").forEach((input) => { if (input.list) new Pick(input); });
}
