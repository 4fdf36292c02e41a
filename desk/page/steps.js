/** Which of the document's nine steps a message is, box by box; it knows no page and asks nobody. */

import { tryParse } from "./exact.js";
import { mask } from "./keys.js";

/** The steps' labels in the document's order. */
export const LABELS = [
  "1", "2", "3A", "3B", "3C", "3D", "4A", "4B", "5A", "5B", "5C", "6", "7A", "7B", "7C", "8A", "8B", "9",
];

const PAID = new Set(["paid", "releasing", "delivered"]);
const REFUSALS = new Set(["invalid", "timeout"]);
const LABELLED = 4000;

/** A book: what is known of each box's present sale, and which numbers belong to which box. */
export function openBook() {
  return { sales: new Map(), owners: new Map(), exchanges: new Map(), lastOffer: null, paying: null };
}

/** The labels that have happened in the present sale of a box. */
export function litOf(book, box) {
  return book.sales.get(box)?.lit ?? new Set();
}

/** Read one message in order of `seq`; returns {box, labels}: whose it is (null: unknown) and which steps it is. */
export function read(book, message) {
  const box = ownerOf(book, message);
  if (message.kind === "failure") return { box, labels: [] };
  const labels = box ? labelsOf(book, box, message) : [];
  return { box, labels };
}

/** A phone's screen is not on the wire: paid lights 7A. */
export function seePhone(book, scan) {
  const sale = book.sales.get(scan.external_pos_id);
  if (scan.state === "paid" && sale?.lit.has("6")) sale.lit.add("7A");
}

function labelsOf(book, box, message) {
  const sale = saleOf(book, box, begins(message));
  if (isAnothers(sale, message)) return [];
  const labels = labelsIn(book, sale, message);
  if (message.kind === "request") {
    book.exchanges.set(message.exchange, labels);
    if (book.exchanges.size > LABELLED) book.exchanges.delete(book.exchanges.keys().next().value);
  }
  // The check that follows the first notification is 8A and 8B too, but the step of the story comes after the payment.
  for (const label of labels) if (!label.startsWith("8") || sale.lit.has("6")) sale.lit.add(label);
  // What the phone shows is not on the wire; by the next notification it has confirmed.
  if (labels.includes("7B")) sale.lit.add("7A");
  return labels;
}

/** An earlier sale's order is still asked about, notified and checked: that is no step of the present sale. */
function isAnothers(sale, { kind, url }) {
  const found = /\/notify\/([A-Z0-9]{26})(?=[/?]|$)/.exec(url) ?? /\/orders\/([A-Z0-9]{26})(?=[/?]|$)/.exec(url) ?? /external_reference=([A-Z0-9]{26})/.exec(url);
  return Boolean(found) && kind !== "act" && found[1] !== sale.order;
}

function saleOf(book, box, isBeginning) {
  const sale = book.sales.get(box);
  if (sale && !(isBeginning && sale.isOver)) return sale;
  const fresh = { lit: new Set(), isOver: false, isWaiting: false, order: null };
  book.sales.set(box, fresh);
  return fresh;
}

function begins({ kind, sender, method, url, body }) {
  if (kind === "act") return body.startsWith("scan ");
  if (kind !== "request" || sender !== "box") return false;
  return (method === "POST" && /\/orders$/.test(pathOf(url))) || (method === "PUT" && body.includes("preparing"));
}

function labelsIn(book, sale, message) {
  const { kind, sender, receiver, exchange } = message;
  if (kind === "act") return labelsOfAct(book, sale, message.body);
  const asked = kind === "request" ? [sender, receiver] : [receiver, sender];
  const who = asked.join(">");
  const isRequest = kind === "request";
  const isPoll = who === "mercadopago>merchant" && message.method === "GET";
  // Whoever looks at the box after the payment, without a scan, is no customer of this sale.
  if (isPoll && sale.isOver) return [];
  if (isPoll) return isRequest ? ask(sale) : answerPoll(sale, message);
  if (who === "mercadopago>merchant") {
    if (isRequest) return [sale.lit.has("6") ? "7B" : "5B"];
    const [label = "5B"] = book.exchanges.get(exchange) ?? [];
    return message.status < 300 ? [label.replace("B", "C")] : [];
  }
  if (who === "merchant>mercadopago" && /^\/?merchant_orders/.test(pathOf(message.url).slice(1))) {
    return isRequest ? ["8A"] : message.status < 300 ? ["8B"] : [];
  }
  if (who === "box>merchant") return labelsOfBox(sale, message, isRequest);
  return [];
}

function labelsOfAct(book, sale, body) {
  if (body.startsWith("scan ")) {
    sale.isWaiting = false;
    return ["1"];
  }
  if (!body.startsWith("pay ")) return [];
  sale.isOver = true;
  book.paying = null;
  return ["6"];
}

function ask(sale) {
  return sale.isWaiting ? ["2", "3D"] : ["2"];
}

function answerPoll(sale, { status, body }) {
  sale.isWaiting = false;
  const said = tryParse(body);
  if (status === 200) {
    sale.order = said?.external_reference ?? sale.order;
    return ["4B", "5A"];
  }
  const word = said?.error?.type ?? said?.status?.status_detail;
  if (word === undefined) return [];
  sale.isWaiting = !REFUSALS.has(word);
  return sale.isWaiting ? ["3B", "3C"] : ["3B"];
}

function labelsOfBox(sale, { method, url, body, status }, isRequest) {
  const path = pathOf(url);
  if (isRequest) {
    if (method === "PUT" && path.endsWith("/state")) {
      // A sign of life between two sales is no step.
      return body.includes("preparing") || (sale.lit.has("1") && !sale.isOver) ? ["3A"] : [];
    }
    return method === "POST" && path.endsWith("/orders") ? ["4A"] : [];
  }
  if (status >= 300) return [];
  if (method === "POST" && path.endsWith("/orders")) sale.order = tryParse(body)?.order_id ?? sale.order;
  if (method === "DELETE") sale.isOver = true;
  const isAboutOrder = /\/orders\/[^/]+(\/release)?$/.test(path) && method !== "DELETE";
  return isAboutOrder && PAID.has(tryParse(body)?.state) ? ["9"] : [];
}

/** Say whose URL Mercado Pago polls: a merchant's URL need not name its box. */
export function knowUrl(book, url, box) {
  book.owners.set(mask(url), box);
}

/** Whose box a message is about: by its path, by a URL or an order's number met before, or by what its body says. */
function ownerOf(book, message) {
  const { kind, url, body, exchange } = message;
  if (kind === "act") {
    const scanned = /^scan (\S+)/.exec(body)?.[1];
    return scanned ?? book.paying ?? book.lastOffer;
  }
  const known = book.owners.get(`x${exchange}`) ?? named(url) ?? ofUrl(book, url) ?? met(book, url) ?? met(book, body.slice(0, 2000));
  if (!known) return null;
  if (kind === "request") book.owners.set(`x${exchange}`, known);
  else book.owners.delete(`x${exchange}`);
  learn(book, message, known);
  return known;
}

function named(url) {
  const found = /\/boxes\/([A-Za-z0-9]+)/.exec(url) ?? /[?&]positionId=([A-Za-z0-9]+)/.exec(url);
  return found ? found[1].toUpperCase() : null;
}

function ofUrl(book, url) {
  const reference = /[?&]external_reference=([^&]+)/.exec(url)?.[1];
  return book.owners.get(mask(url)) ?? book.owners.get(url.split("?")[0]) ?? book.owners.get(`r${reference}`) ?? null;
}

/** Numbers of orders, merchant orders and payments are long: any met before tells the box. */
function met(book, text) {
  for (const [number] of text.matchAll(/[A-Za-z0-9]{10,}/g)) {
    const box = book.owners.get(number);
    if (box) return box;
  }
  return null;
}

function learn(book, { kind, sender, receiver, url, body, status }, box) {
  const start = body.slice(0, 4000);
  for (const [, number] of url.matchAll(/(?:\/notify\/|[?&](?:data\.)?id=|external_reference=|\/merchant_orders\/)([A-Za-z0-9]{10,})/g)) {
    book.owners.set(number, box);
  }
  for (const [, number] of start.matchAll(/"order_id":\s*"([A-Za-z0-9]{10,})"/g)) book.owners.set(number, box);
  for (const [, reference] of start.matchAll(/"external_reference":\s*"([^"]+)"/g)) {
    book.owners.set(`r${reference}`, box);
    if (reference.length >= 10) book.owners.set(reference, box);
  }
  const isOffer = kind === "answer" && sender === "merchant" && receiver === "mercadopago" && status === 200 && start.includes("external_reference");
  if (isOffer) {
    book.lastOffer = box;
    const notified = /"notification_url":\s*"([^"?]+)/.exec(start)?.[1];
    if (notified) book.owners.set(notified, box);
  }
  while (book.owners.size > LABELLED) book.owners.delete(book.owners.keys().next().value);
}

function pathOf(url) {
  return url.replace(/^[a-z]+:\/\/[^/]+/, "").split("?")[0];
}
