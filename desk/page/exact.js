/** JSON without rounding: amounts and long numbers are kept as they were written, and bodies are laid out token by token. */

const LONG = 15;
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/g;

/** Parse JSON; a number with decimals or with more than 15 digits comes as the string it was written as. */
export function parse(text) {
  return JSON.parse(text, (_key, value, context) => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined) return value;
    return source.includes(".") || source.length > LONG ? source : value;
  });
}

/** Parse JSON, or null when it is none. */
export function tryParse(text) {
  try {
    return text ? parse(text) : null;
  } catch {
    return null;
  }
}

/** Lay a body out as [kind, text] pieces, kinds: key, string, number, word, mark, space, text (not JSON: one piece). */
export function layOut(body) {
  try {
    JSON.parse(body);
  } catch {
    return [["text", body]];
  }
  const tokens = body.match(TOKENS) ?? [];
  const pieces = [];
  let depth = 0;
  const breakLine = () => pieces.push(["space", `\n${"  ".repeat(depth)}`]);
  tokens.forEach((token, at) => {
    const next = tokens[at + 1];
    if (token === "{" || token === "[") {
      pieces.push(["mark", token]);
      depth += 1;
      if (next !== "}" && next !== "]") breakLine();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      if (tokens[at - 1] !== "{" && tokens[at - 1] !== "[") breakLine();
      pieces.push(["mark", token]);
    } else if (token === ",") {
      pieces.push(["mark", token]);
      breakLine();
    } else if (token === ":") pieces.push(["mark", ": "]);
    else pieces.push([kindOf(token, next), token]);
  });
  return pieces;
}

function kindOf(token, next) {
  if (token.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(token) ? "number" : "word";
}
