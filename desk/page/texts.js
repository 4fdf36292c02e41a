/** The page's words in three languages: `t(key, facts)`, and everything that carries a key is rewritten when the language changes. */

import { make, mark, say } from "./dom.js";
import { formatMoney, formatNumber } from "./money.js";
import en from "./texts/en.js";
import enStory from "./texts/en_story.js";
import es from "./texts/es.js";
import esStory from "./texts/es_story.js";
import pt from "./texts/pt.js";
import ptStory from "./texts/pt_story.js";

const LANGUAGES = { es: { ...es, ...esStory }, pt: { ...pt, ...ptStory }, en: { ...en, ...enStory } };
const KEPT_AS = "caja-language";
const AMOUNTS = ["amount", "owed", "total"];

let lang = first();
let merchant = "ours";
const redraws = [];

function first() {
  const wanted = [localStorage.getItem(KEPT_AS), ...navigator.languages].filter(Boolean);
  return wanted.map((each) => each.slice(0, 2).toLowerCase()).find((each) => each in LANGUAGES) ?? "es";
}

/** The language in use: es, pt or en. */
export function language() {
  return lang;
}

/** Whether there are words for this key. */
export function has(key) {
  return key in LANGUAGES[lang];
}

/** The words for a key, its {facts} filled in: amounts as money of `currency`, litres as a number, who the merchant is. */
export function t(key, facts = {}) {
  const all = LANGUAGES[lang];
  const words = all[`${key}.${merchant}`] ?? all[key];
  if (words === undefined) return key;
  const filled = words.replace(/\{(\w+)\}( \{currency\})?/g, (_all, name, withCurrency) => {
    const value = facts[name] ?? all[`${name}.${merchant}`];
    if (value === undefined) return withCurrency ? "…" : "";
    if (AMOUNTS.includes(name) && facts.currency) return formatMoney(String(value), facts.currency, lang);
    return name === "litres" ? formatNumber(value, lang) : String(value);
  });
  // A name keeps its small letter at the beginning of a sentence; "the merchant" does not.
  const isFirst = merchant === "other" && words.startsWith("{merchant}");
  return isFirst ? filled.charAt(0).toUpperCase() + filled.slice(1) : filled;
}

/** Whether the merchant's server is caja, or somebody else's. */
export function nameMerchant(isOurs) {
  const now = isOurs ? "ours" : "other";
  if (now === merchant) return;
  merchant = now;
  for (const draw of redraws) draw();
}

/** Rewrite with `draw` now, and again whenever the language changes. */
export function worded(draw) {
  redraws.push(draw);
  draw();
}

/** Give an element the words of a key for good; `name` is an attribute instead of the text. */
export function word(element, key, name = null) {
  worded(() => (name ? mark(element, name, t(key)) : say(element, t(key))));
  return element;
}

/** Make an element with the words of a key. */
export function worth(tag, key, attributes = {}) {
  return word(make(tag, attributes), key);
}

/** Change the language everywhere. */
export function speak(wanted) {
  lang = wanted;
  localStorage.setItem(KEPT_AS, wanted);
  document.documentElement.lang = wanted;
  for (const draw of redraws) draw();
}
