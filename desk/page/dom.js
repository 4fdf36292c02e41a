/** The few ways this page makes and changes elements; nothing is written as markup at run time. */

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: attributes by name, `on…` as listeners, `class`, `text`; children are elements or strings. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element in the same way. */
export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("aria-")) element.setAttribute(name, String(value));
    else if (value === false) continue;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Change a text only if it differs, so that nothing is read out twice. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Set or remove an attribute only if it differs. */
export function mark(element, name, value) {
  const wanted = value === true ? "true" : value === false ? "false" : value;
  if (wanted === null || wanted === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(wanted)) element.setAttribute(name, wanted);
}

/** A button that stays focusable when it makes no sense just now. */
export function enable(button, isEnabled) {
  mark(button, "aria-disabled", isEnabled ? null : "true");
}

/** Run `act` on a click unless the button makes no sense just now. */
export function onPress(button, act) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") act();
  });
  return button;
}

/** Load one of this page's drawings and put it into the document. */
export async function loadDrawing(name) {
  const answer = await fetch(`/page/${name}`);
  const drawing = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  return document.importNode(drawing, true);
}

/** Whether the person asked for less motion. */
export function isCalm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Arrow keys move along a row or a list of tabs or rows; the one in focus is the one Tab comes back to. */
export function roam(list, selector, onMove = () => {}) {
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const items = [...list.querySelectorAll(selector)].filter((item) => item.offsetParent !== null);
    const here = items.indexOf(document.activeElement);
    if (here < 0) return;
    let to = null;
    if (step) to = items[(here + step + items.length) % items.length];
    if (event.key === "Home") to = items[0];
    if (event.key === "End") to = items[items.length - 1];
    if (!to) return;
    event.preventDefault();
    for (const item of items) item.tabIndex = item === to ? 0 : -1;
    to.focus();
    onMove(to);
  });
}
