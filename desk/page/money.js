/** Money and litres as people read and type them: decimal strings in, decimal strings out, never a float. */

const DECIMAL = /^-?\d+(\.\d+)?$/;
const ZERO_DECIMALS = new Set(["CLP", "COP"]);

/** How a language is written where the machines stand: es as in Argentina, pt as in Brazil. */
export const LOCALES = { es: "es-AR", pt: "pt-BR", en: "en-US" };

/** How many decimals a currency has. */
export function decimalsOf(currency) {
  return ZERO_DECIMALS.has(currency) ? 0 : 2;
}

/** "15000.50", "ARS" → "$ 15.000,50"; what is not a decimal string comes back as it is. */
export function formatMoney(amount, currency, lang) {
  const text = String(amount ?? "");
  if (!DECIMAL.test(text) || !currency) return text;
  const digits = decimalsOf(currency);
  // Intl takes the string itself and rounds in decimal.
  return new Intl.NumberFormat(LOCALES[lang], {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(text);
}

/** "12.5" → "12,50"; `digits` decimals. */
export function formatNumber(value, lang, digits = 2) {
  const text = String(value ?? "");
  if (!DECIMAL.test(text)) return text;
  return new Intl.NumberFormat(LOCALES[lang], {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(text);
}

/**
 * What a person typed as a decimal string, or null: "15.000,50", "15,000.50", "15000.5" → "15000.50".
 * A lone separator before exactly three digits separates thousands if the language uses it so.
 */
export function readDecimal(typed, lang) {
  const text = typed.replace(/[\s$]/g, "");
  if (!/^[\d.,]+$/.test(text) || !/\d/.test(text)) return null;
  const [point, comma] = [text.lastIndexOf("."), text.lastIndexOf(",")];
  const thousands = lang === "en" ? "," : ".";
  let separator = point > comma ? "." : ",";
  if (point < 0 && comma < 0) separator = "";
  else if (point < 0 || comma < 0) {
    const groups = text.split(separator);
    const grouped = groups.slice(1).every((group) => group.length === 3);
    if (groups.length > 2 || (separator === thousands && grouped)) {
      if (!grouped) return null;
      separator = "";
    }
  }
  const [whole, fraction = ""] = separator
    ? [text.slice(0, text.lastIndexOf(separator)), text.slice(text.lastIndexOf(separator) + 1)]
    : [text, ""];
  const units = whole.replace(/[.,]/g, "").replace(/^0+(?=\d)/, "") || "0";
  return fraction ? `${units}.${fraction}` : units;
}

/** Whether a decimal string is more than nothing. */
export function isPositive(decimal) {
  return decimal !== null && DECIMAL.test(decimal) && /[1-9]/.test(decimal) && !decimal.startsWith("-");
}
