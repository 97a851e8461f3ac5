// Time that moves: relative words, due meters, and polling that rests while the tab is hidden.

const MINUTE = 60000;

function span(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / MINUTE);
  if (minutes < 1) return "under a minute";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return "";
}

// Only what is near changes; days and dates are the server's words, in the reader's zone.
function words(moment) {
  const delta = moment - Date.now();
  if (delta > 4 * 60 * MINUTE || delta < -60 * MINUTE) return "";
  if (delta > 0) return delta < MINUTE ? "in under a minute" : `in ${span(delta)}`;
  return delta > -MINUTE ? "just now" : `${span(delta)} ago`;
}

function tick() {
  document.querySelectorAll("time[data-when]").forEach((place) => {
    const said = words(Date.parse(place.dateTime));
    if (said && said !== place.textContent) place.textContent = said;
  });
  document.querySelectorAll("[data-due]").forEach(meter);
}

// A clock counts work time: the server says how much was left when it wrote the page, and when the calendar is open.
function meter(place) {
  const { at, left, total, open, due, warn, days } = place.dataset;
  const now = Date.now();
  const spans = open ? open.split(" ").map((pair) => pair.split("-").map(Number)) : [];
  const passed = spans.reduce((sum, [begin, end]) => sum + Math.max(Math.min(end, now) - Math.max(begin, at), 0), 0);
  const remaining = Number(left) * MINUTE - passed;
  const kind = now >= Date.parse(due) ? "late" : now >= Date.parse(warn ?? "") ? "warn" : "ok";
  place.classList.remove("due-ok", "due-warn", "due-late");
  place.classList.add(`due-${kind}`);
  const whole = Number(total) * MINUTE;
  const used = kind === "late" || !whole ? 100 : Math.min(Math.max(100 * (1 - remaining / whole), 2), 100);
  place.querySelector(".meter-fill").setAttribute("width", `${used.toFixed(0)}%`);
  const isOpen = spans.some(([begin, end]) => begin <= now && now < end);
  const said = span(remaining);
  if (!isOpen || days !== undefined || !said) return; // what is counted in days, or stands still, stays as it was said
  const [text, more] = [place.querySelector(".due-text"), place.querySelector(".due-more")];
  const beside = more?.textContent.replace(/; closed, opens [^;]*/, "") ?? "";
  const was = `was due ${text.textContent}`;
  if (more)
    more.textContent =
      kind === "late" ? beside.replace(/^.*? left/, was) : beside.replace(/^.*?(?= of working time left| left)/, said);
  if (kind === "late") text.textContent = `overdue ${said}`;
}

// hx-get with hx-trigger="poll" and data-poll="seconds".
const last = new WeakMap();
function poll() {
  if (document.hidden) return;
  const ticked = document.querySelector("[data-row-check]:checked, dialog[open]");
  document.querySelectorAll("[data-poll]").forEach((part) => {
    if (ticked && part.hasAttribute("hx-select")) return; // the whole page comes anew: not while somebody chooses
    const now = Date.now();
    if (!last.has(part)) last.set(part, now);
    if (now - last.get(part) < Number(part.dataset.poll) * 1000) return;
    if (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
    last.set(part, now);
    part.dispatchEvent(new CustomEvent("poll"));
  });
}

setInterval(() => document.hidden || tick(), 30000);
setInterval(poll, 1000);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  tick();
  poll();
});
