/** Puts the page together and connects it. */

import { showBoxes } from "./boxes.js";
import { mark, say } from "./dom.js";
import { showLab } from "./lab.js";
import { showPanes } from "./panes.js";
import { showPhones } from "./phones.js";
import { knowUrl, openBook } from "./steps.js";
import { connect, on, state } from "./store.js";
import { showStrip } from "./strip.js";
import { language, nameMerchant, speak, t, word, worded } from "./texts.js";
import { showWire } from "./wire.js";

const TOAST_MS = 6000;

const book = openBook();
word(document.getElementById("title"), "title");
word(document.getElementById("skip"), "skip");
showLanguages();
showLink();
showToast();
showPanes();
showBoxes();
showPhones(book);
// The wire reads each message into the book; the strip shows what the book says.
showWire(book);
showStrip(book);
showLab();
on("boxes", () => {
  nameMerchant(state.machines.size > 0 || state.boxes.size === 0);
  for (const [box, { url }] of state.boxes) if (url) knowUrl(book, url, box);
});
speak(language());
connect();

function showLanguages() {
  const languages = document.getElementById("languages");
  word(languages, "language", "aria-label");
  for (const button of languages.children) button.addEventListener("click", () => speak(button.lang));
  worded(() => {
    for (const button of languages.children) mark(button, "aria-pressed", button.lang === language());
    document.title = `caja · ${t("title")}`;
  });
}

function showLink() {
  const link = document.getElementById("link");
  const draw = () => {
    say(document.getElementById("link-words"), t(`link.${state.link}`));
    mark(link, "data-link", state.link);
  };
  on("link", draw);
  worded(draw);
}

function showToast() {
  const toast = document.getElementById("toast");
  let timer = null;
  on("trouble", (words) => {
    say(toast, words);
    toast.classList.add("shown");
    clearTimeout(timer);
    timer = setTimeout(() => toast.classList.remove("shown"), TOAST_MS);
  });
}
