// What every module reads from the page: the server's clock, the words, a toast.
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

let anchor = Date.parse(meta("server-now")) || Date.now();
let speed = Number(meta("clock-speed")) || 1;
let monotonic = performance.now();
let wall = Date.now();

// A sleeping phone stops the monotonic clock; the wall clock then tells how long it slept.
function elapsed() {
  const a = performance.now() - monotonic;
  const b = Date.now() - wall;
  return b - a > 1500 ? b : a;
}

export function serverNow() {
  return anchor + elapsed() * speed;
}

export function setServerNow(iso) {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return;
  anchor = at;
  monotonic = performance.now();
  wall = Date.now();
}

let words = {};
try {
  words = JSON.parse(meta("words") || "{}");
} catch {
  words = {};
}

export function say(name, values = {}) {
  const text = (values.n === 1 && words[`${name}_one`]) || (words[name] ?? "");
  return Object.entries(values).reduce((said, [key, value]) => said.replaceAll(`{${key}}`, value), text);
}

export function mmss(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const h = Math.floor(s / 3600);
  const m = Math.floor((s % 3600) / 60);
  const rest = String(s % 60).padStart(2, "0");
  return h ? `${h}:${String(m).padStart(2, "0")}:${rest}` : `${m}:${rest}`;
}

const face = new Intl.DateTimeFormat("zh-CN", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: meta("zone") || undefined,
});

// 17:42:35 in the business zone.
export function wallClock(ms) {
  return face.format(new Date(ms));
}

export function csrf() {
  return meta("csrf-token");
}

export function pageMeta(name) {
  return meta(name);
}

// `link`, if any, is {href, text} behind the words.
export function toast(text, kind = "", link = null) {
  const tray = document.getElementById("toasts");
  if (!text || !tray) return;
  const line = document.createElement("p");
  line.className = "toast";
  line.dataset.toast = kind;
  line.textContent = text;
  if (link) {
    const more = document.createElement("a");
    more.href = link.href;
    more.textContent = link.text;
    line.append(" ", more);
  }
  tray.append(line);
}

export function announce(text) {
  const place = document.getElementById("announce");
  if (place) place.textContent = text;
}

export function tell(name, detail = {}) {
  document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    /* private mode: nothing is kept */
  }
}

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
