// Writing a reply: the text is never lost, and is sent once. One key belongs to one text; a resend after
// a gap carries the same key, so that the server answers the first time's answer.
import { csrf, recall, remember, say, serverNow, tell, toast, wallClock } from "./page.js";
import { isConnected } from "./live.js";

const DRAFT_AFTER = 800;
const form = () => document.querySelector("[data-composer]");

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Composer {
  constructor(element) {
    this.form = element;
    this.text = element.querySelector("textarea");
    this.name = `reply:${element.action}`;
    this.busy = false;
    this.keyed = { text: null, key: element.elements.idempotency_key?.value || newKey() };
    this.restore();
    this.grow();
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("keydown", (event) => this.pressed(event));
    element.addEventListener("submit", (event) => this.submit(event), true);
  }

  restore() {
    const kept = recall(`${this.name}:draft`);
    if (kept && !this.text.value) this.text.value = kept;
    const waiting = recall(`${this.name}:queued`);
    if (waiting) {
      this.queued = JSON.parse(waiting);
      this.drawQueued();
      setTimeout(() => this.resend(), 1500);
    }
  }

  changed() {
    this.grow();
    if (!this.text.value && this.form.elements.script_id) this.form.elements.script_id.value = "";
    tell("composer:changed", { text: this.text.value });
    remember(`${this.name}:draft`, this.text.value || null);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), DRAFT_AFTER);
  }

  grow() {
    this.text.style.setProperty("height", "auto");
    this.text.style.setProperty("height", `${Math.min(this.text.scrollHeight + 2, 160)}px`);
    scrollDown();
  }

  pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    const hardware = matchMedia("(hover:hover) and (pointer:fine)").matches;
    if (hardware || event.metaKey || event.ctrlKey) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }

  async save() {
    const url = this.form.dataset.draftUrl;
    if (!url || !isConnected()) return this.state("kept");
    const body = new FormData();
    body.set("text", this.text.value);
    body.set("csrf_token", csrf());
    try {
      const answer = await fetch(url, { method: "POST", body, credentials: "same-origin", headers: { "X-CSRFToken": csrf() } });
      this.state(answer.ok ? "saved" : "kept");
    } catch {
      this.state("kept");
    }
  }

  state(word) {
    const line = this.form.querySelector("[data-draft-state]");
    if (!line) return;
    this.form.dataset.draft = word;
    line.textContent = this.text.value ? say(word) : "";
  }

  keyFor(text) {
    if (this.keyed.text !== null && this.keyed.text !== text) this.keyed = { text, key: newKey() };
    this.keyed.text = text;
    return this.keyed.key;
  }

  submit(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const text = this.text.value;
    if (!text.trim()) return toast(say("empty"));
    if (this.busy || this.queued) return;
    const attempt = { text, key: this.keyFor(text), script: this.form.elements.script_id?.value || "", at: serverNow() };
    this.clear();
    const bubble = this.bubble(attempt, "sending", say("sending"));
    this.pending = bubble;
    if (!isConnected()) return this.queue(attempt, bubble);
    this.send(attempt, bubble);
  }

  // The messages were drawn anew by the server; what is still on its way goes below them again.
  keep() {
    if (!this.pending || !(this.busy || this.queued) || this.pending.isConnected) return;
    document.querySelector(this.form.dataset.target)?.append(this.pending);
  }

  clear() {
    this.text.value = "";
    remember(`${this.name}:draft`, null);
    clearTimeout(this.timer);
    if (this.form.elements.script_id) this.form.elements.script_id.value = "";
    tell("composer:changed", { text: "" });
    this.grow();
  }

  async send(attempt, bubble) {
    this.busy = true;
    const body = new FormData();
    body.set("text", attempt.text);
    body.set("idempotency_key", attempt.key);
    if (attempt.script) body.set("script_id", attempt.script);
    body.set("csrf_token", csrf());
    try {
      const answer = await fetch(this.form.action, {
        method: "POST",
        body,
        credentials: "same-origin",
        headers: { "HX-Request": "true", "X-CSRFToken": csrf(), "Idempotency-Key": attempt.key },
      });
      const html = await answer.text();
      if (answer.ok) this.sent(answer, html, bubble);
      else if (answer.status >= 502) this.queue(attempt, bubble);
      else this.failed(attempt, bubble, html);
    } catch {
      this.queue(attempt, bubble);
    } finally {
      this.busy = false;
    }
  }

  sent(answer, html, bubble) {
    this.queued = null;
    remember(`${this.name}:queued`, null);
    this.keyed = { text: null, key: newKey() };
    const goTo = answer.headers.get("HX-Redirect");
    if (goTo) return location.assign(goTo);
    const fragment = (answer.headers.get("Content-Type") || "").startsWith("text/html");
    if (fragment && !answer.redirected && html.trim() && !/<html/i.test(html)) place(html, bubble);
    else bubble.dataset.waiting = "1";
    tell("chat:sent");
    scrollDown();
  }

  failed(attempt, bubble, html) {
    this.queued = null;
    remember(`${this.name}:queued`, null);
    const words = new DOMParser().parseFromString(html, "text/html").querySelector("[data-toast]")?.textContent.trim();
    this.mark(bubble, "failed", words || say("failed"));
    if (!this.text.value) {
      this.text.value = attempt.text;
      if (this.form.elements.script_id) this.form.elements.script_id.value = attempt.script;
      this.changed();
    }
    setTimeout(() => bubble.remove(), 6000);
    toast(words || say("failed"), "error");
  }

  queue(attempt, bubble) {
    this.queued = attempt;
    remember(`${this.name}:queued`, JSON.stringify(attempt));
    this.mark(bubble, "queued", say("queued", { t: wallClock(attempt.at) }));
    this.pending = bubble;
    scrollDown();
  }

  drawQueued() {
    this.pending = this.bubble(this.queued, "queued", "");
    this.mark(this.pending, "queued", say("queued", { t: wallClock(this.queued.at) }));
  }

  resend() {
    if (!this.queued || this.busy || !isConnected()) return;
    const bubble = document.querySelector(".msg[data-pending]") || this.bubble(this.queued, "sending", say("sending"));
    this.mark(bubble, "sending", say("sending"));
    this.send(this.queued, bubble);
  }

  bubble(attempt, state, words) {
    const box = document.createElement("div");
    box.className = `msg me ${state}`;
    box.dataset.pending = attempt.key;
    const words_ = document.createElement("div");
    words_.className = "bub a";
    words_.textContent = attempt.text;
    const line = document.createElement("span");
    line.className = "meta num";
    line.textContent = words;
    box.append(words_, line);
    document.querySelector(this.form.dataset.target)?.append(box);
    scrollDown();
    return box;
  }

  mark(bubble, state, words) {
    bubble.className = `msg me ${state}`;
    const line = bubble.querySelector(".meta");
    line.textContent = words;
    line.classList.toggle("wn", state === "queued");
    line.classList.toggle("dg", state === "failed");
    bubble.querySelector(".note")?.remove();
    if (state === "queued") bubble.append(this.note());
  }

  note() {
    const note = document.createElement("p");
    note.className = "note w";
    note.textContent = say("queued_note");
    return note;
  }
}

// The answer to a reply: fragments that name their own place go there, the rest takes the bubble's place.
function place(html, bubble) {
  const made = document.createElement("template");
  made.innerHTML = html;
  made.content.querySelectorAll("[hx-swap-oob]").forEach((part) => {
    const old = part.id && document.getElementById(part.id);
    part.removeAttribute("hx-swap-oob");
    if (old) {
      old.replaceWith(part);
      window.htmx?.process(part);
    } else part.remove();
  });
  const rest = [...made.content.children];
  if (rest.length) bubble.replaceWith(...rest);
  else bubble.remove();
  rest.forEach((part) => window.htmx?.process(part));
}

function scrollDown() {
  const main = document.querySelector(".main.chat");
  if (main) main.scrollTop = main.scrollHeight;
}

let composer = null;
function attach() {
  const element = form();
  if (element && composer?.form !== element) composer = new Composer(element);
}
attach();
scrollDown();
document.body.addEventListener("htmx:after:swap", () => {
  attach();
  document.querySelectorAll(".msg[data-waiting]").forEach((bubble) => bubble.remove());
  composer?.keep();
  keepDraft();
  scrollDown();
});
// The conversation left while something was being typed: the words stay to be read and copied.
function keepDraft() {
  const place = document.querySelector("[data-kept-draft]");
  const text = place?.querySelector("textarea");
  if (!text || text.value) return;
  text.value = recall(`reply:${new URL(place.dataset.keptDraft, location.href).href}:draft`) || "";
  place.hidden = !text.value;
}
keepDraft();
for (const name of ["live:connected", "online"]) {
  (name === "online" ? window : document.body).addEventListener(name, () => setTimeout(() => composer?.resend(), 300));
}
addEventListener("pagehide", () => { if (composer?.text.value) composer.save(); });

// 填入: a script goes into the text, and is never sent by itself.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  if (!button || !composer) return;
  const before = composer.text.value;
  composer.text.value = before ? `${before}\n${button.dataset.insert}` : button.dataset.insert;
  if (composer.form.elements.script_id) composer.form.elements.script_id.value = button.dataset.script || "";
  composer.changed();
  document.querySelector("[data-close]")?.click();
  composer.text.focus();
  const blank = composer.text.value.indexOf("【", before.length);
  if (blank >= 0) composer.text.setSelectionRange(blank, composer.text.value.indexOf("】", blank) + 1);
});

// The keyboard is up: the order and the tools fold, the ring stays above it.
const view = window.visualViewport;
const app = document.querySelector('.app[data-surface="phone"]');
if (view && app) {
  const fit = () => {
    const up = window.innerHeight - view.height > 120 || (document.activeElement?.matches?.("textarea") && view.height < 480);
    app.toggleAttribute("data-keyboard", Boolean(up));
    app.style.setProperty("--vvh", `${view.height}px`);
    if (up) scrollDown();
  };
  view.addEventListener("resize", fit);
  document.addEventListener("focusout", () => setTimeout(fit, 100));
}
