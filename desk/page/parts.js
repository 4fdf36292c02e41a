/** What a row holds when it is opened: headers and bodies of a question and its answer, laid out exactly as they were. */

import { make, say } from "./dom.js";
import { layOut } from "./exact.js";
import { mask } from "./keys.js";
import { t, worded, worth } from "./texts.js";

const MOST_PIECES = 4000;

/** Make the opened part of a row: {root, show({request, end})}. */
export function makeParts() {
  const [sent, answered] = [makePart("wire.sent"), makePart("wire.answered")];
  const root = make("div", { class: "parts" }, sent.root, answered.root);
  const show = ({ request, end }) => {
    sent.show(`${request.method} ${mask(request.url)}`, request);
    answered.show(end ? String(end.status ?? "") : "", end);
  };
  return { root, show };
}

function makePart(title) {
  const [line, headers, body] = [make("code", { class: "start" }), make("dl", { class: "headers" }), make("pre", { class: "body-text", "data-test": "wire-body", tabindex: "0" })];
  const root = make("section", { class: "part" }, worth("h4", title), line, headers, body);
  let shown = null;
  const show = (start, message) => {
    // Nothing is rebuilt that a person may be reading or copying from.
    const key = message ? `${message.seq}` : "none";
    if (root.dataset.key === key) return;
    root.dataset.key = key;
    shown = message;
    say(line, start);
    headers.replaceChildren(
      ...Object.entries(message?.headers ?? {}).flatMap(([name, value]) => [make("dt", { text: name }), make("dd", { text: value })]),
    );
    drawBody();
  };
  const drawBody = () => {
    if (!shown) return say(body, t("wire.pending"));
    if (!shown.body) return say(body, t("wire.no_body"));
    const pieces = layOut(mask(shown.body));
    if (pieces.length > MOST_PIECES) return say(body, mask(shown.body));
    return body.replaceChildren(...pieces.map(([kind, text]) => (kind === "space" ? text : make("span", { class: kind, text }))));
  };
  worded(() => root.dataset.key && drawBody());
  return { root, show };
}
