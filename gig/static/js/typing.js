// "Typing": told at most every four seconds while words are being written, shown for six seconds after.
import { csrf } from "./page.js";
import { isConnected } from "./live.js";

const EVERY = 4000;
const SHOWN = 6000;
let told = -Infinity;
let timer = 0;

document.addEventListener("input", (event) => {
  const url = event.target.closest?.("[data-typing-url]")?.dataset.typingUrl;
  const now = performance.now();
  if (!url || !event.target.value || now < told + EVERY || !isConnected()) return;
  told = now;
  fetch(url, { method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": csrf() } }).catch(() => {});
});

function line() {
  return document.querySelector("[data-typing]");
}

function hide() {
  clearTimeout(timer);
  if (line()) line().hidden = true;
}

function show(event) {
  if (line()?.dataset.typing !== event.detail?.inquiry_id) return;
  clearTimeout(timer);
  line().hidden = false;
  const main = document.querySelector(".main.chat");
  if (main) main.scrollTop = main.scrollHeight;
  timer = setTimeout(hide, SHOWN);
}

document.body.addEventListener("live:chat.typing", show);
document.body.addEventListener("live:customer.typing", show);
for (const name of ["live:chat.changed", "live:message.new", "live:turn.open"]) document.body.addEventListener(name, hide);
