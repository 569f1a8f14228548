// What a phone can do to be noticed: a tone made on the spot, and a shake. Both are chosen per device and
// kept there. Browsers let a page sound only after a tap, so the first tap opens the way.
import { recall } from "./page.js";

const Context = window.AudioContext || window.webkitAudioContext;
let context = null;

export function soundOn() {
  return recall("sound") === "on";
}

export function hapticsOn() {
  return recall("haptics") !== "off";
}

export function unlock() {
  if (!Context || !(soundOn() || document.querySelector("[data-emergency]"))) return;
  context ??= new Context();
  if (context.state === "suspended") context.resume().catch(() => {});
}
for (const press of ["pointerdown", "keydown"]) document.addEventListener(press, unlock, { passive: true });

// So many short tones of 880 Hz, one after the other. A page that the browser keeps silent plays none of them
// later: a tone that comes too late tells something wrong. `always`: also where nobody turned sounds on.
export async function beep(times = 1, always = false) {
  if (!(always || soundOn()) || !Context) return;
  context ??= new Context();
  if (context.state !== "running") {
    await Promise.race([context.resume().catch(() => {}), new Promise((go) => setTimeout(go, 500))]);
    if (context.state !== "running") return;
  }
  const volume = context.createGain();
  volume.gain.value = 0.08;
  volume.connect(context.destination);
  for (let n = 0; n < times; n += 1) {
    const tone = context.createOscillator();
    const at = context.currentTime + n * 0.3;
    tone.frequency.value = 880;
    tone.connect(volume);
    tone.start(at);
    tone.stop(at + 0.15);
    if (n === times - 1) tone.onended = () => volume.disconnect();
  }
}

export function shake(pattern) {
  if (hapticsOn() && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern);
}
