/** What is never shown: the keys that URLs carry, also where a body quotes a URL. */

const KEYS = [
  [/([?&](?:key|token|access_token|secret)=)[^&"'\s]+/gi, "$1***"],
  [/(\/notify\/[A-Za-z0-9]+\/)[^?/"'\s]+/g, "$1***"],
];

/** The text without its keys. */
export function mask(text) {
  return KEYS.reduce((masked, [key, shown]) => masked.replace(key, shown), text);
}
