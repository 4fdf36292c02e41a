/** What an exchange means in plain words: text keys and facts for the question and for the answer. */

import { tryParse } from "./exact.js";

/** The question of a call: [text key, facts]. */
export function meaningOfRequest({ sender, receiver, method, url, body }) {
  const path = url.replace(/^[a-z]+:\/\/[^/]+/, "").split("?")[0];
  const said = tryParse(body);
  if (sender === "mercadopago") return method === "GET" ? ["ask.poll", {}] : [hintOf(url), {}];
  if (receiver === "merchant") return ofBox(method, path, said);
  return ofMerchant(method, path, said);
}

/** What the answer says: [text key, facts], or null when the status says it all. */
export function meaningOfAnswer(request, end) {
  if (end.kind === "failure") return ["answer.none", {}];
  const said = tryParse(end.body);
  if (request.sender === "mercadopago") {
    return request.method === "GET" ? ofPollAnswer(end.status, said) : ofHintAnswer(end.status);
  }
  if (end.status >= 400) return ofRefusal(end.status, said);
  if (request.receiver === "merchant") return ofBoxAnswer(request, said);
  return ofMercadoPagoAnswer(request, said);
}

/** What a customer did: [text key, facts]. */
export function meaningOfAct(body) {
  const [verb, first, second] = body.split(" ");
  if (verb === "scan") return ["act.scan", { box: first }];
  if (verb === "pay") return ["act.pay", { money: [first, second] }];
  if (verb === "rejected") return ["act.reject", { money: [first, second] }];
  if (verb === "walk") return ["act.walk", {}];
  return ["act.other", { what: body }];
}

function hintOf(url) {
  return /topic=payment|type=payment/.test(url) ? "ask.hint_payment" : "ask.hint";
}

function ofBox(method, path, said) {
  if (path.endsWith("/state")) return [`ask.state_${said?.state ?? "idle"}`, {}];
  if (path.endsWith("/release")) return ["ask.release", {}];
  if (path.endsWith("/delivery")) return [`ask.${said?.result ?? "delivery"}`, {}];
  if (method === "DELETE") return ["ask.cancel", {}];
  if (method === "GET") return ["ask.paid", {}];
  const amount = said?.total ?? said?.items?.[0]?.unit_price;
  return [said?.replaces ? "ask.replace" : "ask.order", amount === undefined ? {} : { money: [String(amount), null] }];
}

function ofMerchant(method, path, said) {
  if (path.includes("/merchant_orders")) return ["ask.check", {}];
  if (path.endsWith("/refunds")) {
    if (method === "GET") return ["ask.refunds", {}];
    return said?.amount ? ["ask.refund_part", { money: [String(said.amount), null] }] : ["ask.refund", {}];
  }
  if (path.includes("/payments")) return ["ask.payment", {}];
  if (path.includes("/pos")) return [method === "GET" ? "ask.pos_look" : "ask.pos", {}];
  if (path.includes("/stores")) return [method === "GET" ? "ask.store_look" : "ask.store", {}];
  return ["ask.other", {}];
}

function ofPollAnswer(status, said) {
  if (status === 200) {
    const items = said?.items ?? [];
    const amount = said?.total_amount ?? (items.length === 1 && items[0].quantity === 1 ? items[0].unit_price : null);
    return amount === null ? ["poll.ready", {}] : ["poll.ready_amount", { money: [String(amount), items[0]?.currency_id ?? null] }];
  }
  const word = said?.error?.type ?? said?.status?.status_detail;
  return word ? [`poll.${String(word).toLowerCase()}`, { word }] : null;
}

function ofHintAnswer(status) {
  return [status === 200 || status === 201 ? "hint.taken" : "hint.not_taken", {}];
}

function ofRefusal(status, said) {
  const code = said?.code ?? said?.error ?? said?.message;
  if (code === "already_paid") return ["box.already_paid", {}];
  return code ? ["answer.refused", { code: String(code).slice(0, 60) }] : null;
}

function ofBoxAnswer({ method, url }, said) {
  if (url.includes("/state")) return ["box.noted", {}];
  if (/\/delivery/.test(url)) return said?.state === "refunding" ? ["box.goes_back", {}] : ["box.noted", {}];
  if (/\/release/.test(url)) return ["box.release", {}];
  if (!said?.state) return null;
  if (method === "POST" && said.state === "ready") return ["box.offered", {}];
  return [`order.${said.state}`, { word: said.state }];
}

function ofMercadoPagoAnswer({ method, url }, said) {
  if (url.includes("/merchant_orders")) {
    const found = said?.elements ?? (said?.id ? [said] : []);
    if (found.length === 0) return ["check.nothing", {}];
    const closed = found.filter((each) => each.status === "closed").length;
    if (found.length > 1) return ["check.many", { count: found.length, closed }];
    return [closed ? "check.closed" : "check.opened", {}];
  }
  if (url.includes("/refunds")) {
    const refunds = Array.isArray(said) ? said : said?.results ?? (said?.id ? [said] : []);
    if (refunds.length === 0) return ["refund.none", {}];
    const status = refunds[refunds.length - 1].status;
    return [`refund.${status}`, { word: status }];
  }
  if (url.includes("/payments/") && said?.status) return [`payment.${said.status}`, { word: said.status }];
  return method === "GET" ? null : ["box.noted", {}];
}
