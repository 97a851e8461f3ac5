// Keys: / search, ? help, g then a letter, j and k over rows, x, Enter, and the letters that parts claim for
// themselves with data-key (a accept, r return, l log a touch), those of the focused row first.

const typing = (element) =>
  element?.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const visible = (element) => element.getClientRects().length > 0;
const rows = () => [...document.querySelectorAll("[data-row]")].filter(visible);

let current = null;
let afterG = 0;

function focusRow(row) {
  current?.classList.remove("selected");
  current = row;
  row.classList.add("selected");
  if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const list = rows();
  if (!list.length) return;
  const at = list.indexOf(current?.isConnected ? current : document.activeElement.closest("[data-row]"));
  focusRow(list[Math.min(Math.max(at + step, 0), list.length - 1)]);
}

function rowOf() {
  const focused = document.activeElement.closest?.("[data-row]");
  if (focused) return focused;
  return current?.isConnected ? current : null;
}

function act(letter) {
  const selector = `[data-key="${CSS.escape(letter)}"]`;
  const target =
    rowOf()?.querySelector(selector) ??
    [...document.querySelectorAll(selector)].find((one) => !one.closest("[data-row]") && visible(one));
  if (!target) return false;
  target.click();
  return true;
}

function press(event) {
  const { key } = event;
  if (afterG && Date.now() - afterG < 1500) {
    afterG = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    link?.click();
    return Boolean(link);
  }
  afterG = 0;
  const row = rowOf();
  switch (key) {
    case "/": {
      const search = document.querySelector("[data-search]");
      search?.focus();
      search?.select();
      return Boolean(search);
    }
    case "?":
      document.getElementById("help")?.showModal();
      return true;
    case "g":
      afterG = Date.now();
      return true;
    case "j":
      move(1);
      return true;
    case "k":
      move(-1);
      return true;
    case "x":
      row?.querySelector("[data-row-check]")?.click();
      return Boolean(row);
    case "Enter":
      if (document.activeElement !== row) return false;
      row.querySelector(".row-link")?.click();
      return true;
    default:
      return key.length === 1 && act(key);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape" && typing(event.target)) {
    event.target.blur();
    return;
  }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (press(event)) event.preventDefault();
});

// When an answered row leaves the list, the next one comes up. Once settled, since focus may load a part.
document.addEventListener("htmx:afterSettle", () => {
  if (!current || current.isConnected) return;
  const index = Number(current.dataset.at ?? 0);
  const list = rows();
  current = null;
  if (list.length) focusRow(list[Math.min(index, list.length - 1)]);
});
document.addEventListener("htmx:beforeSwap", () => {
  if (current?.isConnected) current.dataset.at = rows().indexOf(current);
});
