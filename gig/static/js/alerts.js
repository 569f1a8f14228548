// What asks for attention at once: an offer on the agent's phone, an emergency on ops' pages.
import { announce, pageMeta, recall, say, serverNow, toast } from "./page.js";
import { beep, shake, soundOn } from "./sound.js";

const speed = Number(pageMeta("clock-speed")) || 1;
const shown = new Set();
let timer = 0;
let before = null;

const slot = () => document.getElementById("offer");
const sheet = () => document.querySelector("[data-offer]");

// A sheet that has just come in is said, felt and, if the agent wants it, heard; it leaves when its time is over.
// A bar beside the composer takes no focus from what is being typed.
function arrived() {
  const found = sheet();
  clearTimeout(timer);
  if (!found) return;
  const left = (Date.parse(found.dataset.until) - serverNow()) / speed;
  timer = setTimeout(() => leave(found, "offer_lapsed"), Math.max(0, left));
  if (shown.has(found.dataset.offer)) return;
  shown.add(found.dataset.offer);
  before = null;
  if (!("aside" in found.dataset)) {
    before = document.activeElement;
    found.focus({ preventScroll: true });
  }
  announce(say("offer"));
  shake([200, 100, 200]);
  if (soundOn()) beep();
}

// Without words it leaves in silence.
function leave(found, words) {
  if (!found.isConnected || found.querySelector("form[data-sent]")) return;
  slot()?.replaceChildren();
  if (words) toast(say(words));
  if (before?.isConnected) before.focus({ preventScroll: true });
}

document.body.addEventListener("htmx:after:swap", () => arrived());
document.body.addEventListener("live:feed.taken", (event) => {
  const found = sheet();
  if (found && found.dataset.offerOf === event.detail?.inquiry_id) leave(found, "offer_taken");
});
// A customer of this agent asks: nothing comes between the two. The server takes the offer back as well. If it
// is the offered one, this agent took it on another page of theirs; this is told before feed.taken.
document.body.addEventListener("live:turn.open", (event) => {
  const found = sheet();
  if (found) leave(found, found.dataset.offerOf === event.detail?.inquiry_id ? "" : "offer_withdrawn");
});
arrived();

// Ops hears an emergency three times, unless they turned sounds off.
document.body.addEventListener("live:inquiry.emergency", () => {
  if (!document.querySelector("[data-emergency]")) return;
  announce(say("emergency"));
  if (recall("sound") === "off") return;
  beep(3, true);
});
