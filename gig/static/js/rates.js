// The picture of the week follows the fields below it, and its edges may be drawn. What counts, and what is sent,
// stands in the fields; without this file they are filled in by hand.
const DAY = 1440, STEP = 30, SVG = "http://www.w3.org/2000/svg";
const chart = document.querySelector("#editor svg.bands");
const bands = chart ? [...chart.querySelectorAll("rect.band[data-start]")].map(band).filter(Boolean) : [];
const scale = chart ? { left: Number(chart.dataset.left), hour: Number(chart.dataset.hour) } : null;

// A block of the picture with the fields that hold its hours; none, if the form has others by now.
function band(block) {
  const at = clock(Number(block.dataset.start));
  const starts = [...document.querySelectorAll('#editor input[name$="-from"]')].filter((f) => f.value === at);
  const field = starts.find((f) => (block.dataset.date ? isOf(f, block.dataset.date) : isOn(f, block.dataset.days)));
  if (!field) return null;
  const prefix = field.name.slice(0, -"-from".length);
  const [to, times] = ["to", "times"].map((name) => document.getElementById(`f-${prefix}-${name}`));
  return { block, label: block.nextElementSibling, from: field, to, times };
}

function isOf(field, date) {
  const [, number] = field.name.match(/^dates-(\d+)-bands-/) ?? [];
  return Boolean(number) && document.getElementsByName(`dates-${number}-date`)[0]?.value === date;
}

function isOn(field, days) {
  const [prefix] = field.name.match(/^bands-\d+/) ?? [];
  const checked = prefix && [...document.getElementsByName(`${prefix}-days`)].filter((box) => box.checked);
  return Boolean(checked) && days.split(" ").every((day) => checked.some((box) => box.value === day));
}

function clock(minutes) {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

function minutes(text) {
  const [, hours, rest] = text.trim().match(/^(\d{1,2}):([0-5]\d)$/) ?? [];
  return hours === undefined ? NaN : Number(hours) * 60 + Number(rest);
}

// Where the block begins and ends by its fields; null if they say no hours of one day.
function span({ from, to }) {
  const start = minutes(from.value), until = minutes(to.value);
  const end = until === 0 ? DAY : until;
  return start < end && end <= DAY ? { start, end } : null;
}

function draw(one) {
  const hours = span(one);
  if (!hours) return;
  const [x, end] = [hours.start, hours.end].map((m) => scale.left + (m / 60) * scale.hour);
  one.block.setAttribute("x", x);
  one.block.setAttribute("width", end - x);
  one.label.setAttribute("x", (x + end) / 2);
  const percent = Math.round(Number(one.times.value) * 100);
  if (percent >= 100) {
    one.label.textContent = `×${(percent / 100).toFixed(percent % 10 ? 2 : 1)}`;
    for (const shape of [one.block, one.label]) {
      shape.classList.toggle("p20", percent >= 200);
      shape.classList.toggle("p15", percent > 100 && percent < 200);
    }
  }
  one.block.classList.toggle("changed", one.changed || said(one) !== one.was);
  one.edges.start.setAttribute("x", x - 3); // where two blocks touch, each edge can be taken on its own side
  one.edges.end.setAttribute("x", end - 11);
}

function said({ from, to, times }) {
  return [from, to, times].map((field) => field.value).join(" ");
}

function edge(one, which) {
  const handle = document.createElementNS(SVG, "rect");
  const place = { class: "edge", width: 14, height: 28, y: one.block.getAttribute("y") };
  for (const [name, value] of Object.entries(place)) handle.setAttribute(name, value);
  handle.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    event.preventDefault();
    const drag = new AbortController(), before = [one.from.value, one.to.value];
    const giveUp = (key) => key.key === "Escape" && (put(...before), handle.releasePointerCapture(event.pointerId));
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", move, drag);
    handle.addEventListener("pointercancel", () => put(...before), drag);
    document.addEventListener("keydown", giveUp, drag);
    handle.addEventListener("lostpointercapture", () => drag.abort(), drag);
  });
  chart.append(handle);
  return handle;

  function put(from, to) {
    one.from.value = from;
    one.to.value = to;
    one.from.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function move(event) {
    const hours = span(one);
    if (!hours) return;
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    const to = Math.round((((place.x - scale.left) / scale.hour) * 60) / STEP) * STEP;
    const [least, most] = room(one, hours);
    const moved = which === "start"
      ? { ...hours, start: Math.max(least, Math.min(to, hours.end - STEP)) }
      : { ...hours, end: Math.min(most, Math.max(to, hours.start + STEP)) };
    put(clock(moved.start), clock(moved.end));
  }
}

// How far the block may reach: to its neighbours on every row that it stands on.
function room(one, hours) {
  const rows = bands.filter((each) => each.from === one.from).map((each) => each.block.getAttribute("y"));
  const others = bands.filter((each) => each.from !== one.from && rows.includes(each.block.getAttribute("y")));
  const spans = others.map(span).filter(Boolean);
  const before = spans.filter((each) => each.end <= hours.start).map((each) => each.end);
  const after = spans.filter((each) => each.start >= hours.end).map((each) => each.start);
  return [Math.max(0, ...before), Math.min(DAY, ...after)];
}

for (const one of bands) {
  Object.assign(one, { was: said(one), changed: one.block.classList.contains("changed") });
  one.edges = { start: edge(one, "start"), end: edge(one, "end") };
  one.block.classList.add("taken");
  one.block.addEventListener("click", () => one.times.select());
  for (const field of [one.from, one.to, one.times]) field.addEventListener("input", () => draw(one));
  draw(one);
}
document.querySelectorAll("[data-bands-hint]").forEach((hint) => { hint.hidden = !bands.length; });
