// Forms: asking before changes are lost, no double sending, ticking many rows, filters that apply themselves.

const SKIP = "[method=dialog], [data-theme-form], [data-loose], [role=search]";
const changed = new Set();

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && form.method === "post" && !form.matches(SKIP) && !event.target.matches("[data-row-check]"))
    changed.add(form);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  changed.delete(form);
  if (form.method !== "post" || event.defaultPrevented) return;
  // The question may be written over several lines.
  const question = form.dataset.confirm?.replaceAll(/\s+/g, " ").trim();
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.dataset.sent) event.preventDefault();
  else {
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 5000); // an answer that is a file leaves the page in place
  }
});
document.addEventListener("reset", (event) => changed.delete(event.target));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) changed.delete(event.detail.elt);
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
window.addEventListener("beforeunload", (event) => {
  const open = [...changed].some((form) => form.isConnected);
  if (open) event.preventDefault();
});

// Bulk: [data-bulk] holds rows with [data-row-check], a [data-check-all] and a .bulk bar with [data-bulk-count].
function count(area) {
  const boxes = [...area.querySelectorAll("[data-row-check]")];
  const ticked = boxes.filter((box) => box.checked).length;
  const every = area.querySelector("[data-check-all]");
  if (every) {
    every.checked = ticked > 0 && ticked === boxes.length;
    every.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  area.querySelectorAll("[data-bulk-count]").forEach((place) => {
    place.textContent = `${ticked} selected`;
  });
}
function countAll() {
  document.querySelectorAll("[data-bulk]").forEach(count);
}
document.addEventListener("change", (event) => {
  const area = event.target.closest("[data-bulk]");
  if (area && event.target.matches("[data-check-all]")) {
    area.querySelectorAll("[data-row-check]").forEach((box) => {
      box.checked = event.target.checked;
    });
  }
  if (area) count(area);
  if (event.target.closest("form[data-auto]")) event.target.form.requestSubmit();
});
document.addEventListener("click", (event) => {
  const area = event.target.closest("[data-bulk-clear]")?.closest("[data-bulk]");
  if (!area) return;
  area.querySelectorAll("[data-row-check]").forEach((box) => {
    box.checked = false;
  });
  count(area);
});
document.addEventListener("htmx:afterSettle", countAll);
countAll();
