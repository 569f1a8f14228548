// The entry that a ruling would write says the part that is stated, while it is being typed. Without this file the
// sentence below the entry says so.
const entry = document.querySelector("table[data-ruling]");
const form = entry.closest("form");

function stated() {
  const whole = Number(entry.dataset.ruling);
  const typed = form.elements.part.value.trim().replace("．", ".");
  const fen = /^\d{1,6}(\.\d{1,2})?$/.test(typed) ? Math.round(Number(typed) * 100) : 0;
  return form.elements.verdict.value === "partly" && fen > 0 && fen < whole ? fen : whole;
}

function draw() {
  const fen = stated();
  const yuan = `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
  entry.querySelectorAll("[data-fen]").forEach((cell) => { cell.textContent = yuan; });
}

form.addEventListener("input", draw);
draw();
