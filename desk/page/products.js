/** Small drawings of what vending machines sell: bottle, can, bar, bag, box; chosen by the product's name. */

import { draw } from "./dom.js";

const LOOKS = [
  [/agua|água|water|mineral/i, "bottle", "#3d8fb8", "#d8eef7"],
  [/\bcola\b|gaseosa|refri|soda/i, "can", "#b3312a", "#f6d9d5"],
  [/jugo|suco|juice|naranja|laranja/i, "bottle", "#e08a1e", "#fdebcd"],
  [/energ|tonic|t[oó]nica/i, "can", "#4a6b1f", "#e4efcf"],
  [/alfajor|choco|barra|bar\b|turr/i, "bar", "#6b3f1d", "#eccf9f"],
  [/papas|batata|chips|snack/i, "bag", "#d3a515", "#fff4c9"],
  [/man[ií]|amendoim|nuts|fruto/i, "bag", "#a3552a", "#f7dfcd"],
  [/galle|biscoito|cookie/i, "box", "#7b4a9a", "#ecdff5"],
];
const OTHERS = [["box", "#2d7a6b", "#d9efe8"], ["can", "#7a4fa0", "#ece0f6"], ["bag", "#b1442f", "#f8dfd8"]];

const SHAPES = {
  bottle: (paint, label) => [
    draw("path", { d: "M16 3h8v6c0 4 6 7 6 15v26c0 3-2 5-5 5H15c-3 0-5-2-5-5V24c0-8 6-11 6-15z", fill: paint }),
    draw("rect", { x: 15, y: 1, width: 10, height: 5, rx: 1.5, fill: "#33403a" }),
    draw("rect", { x: 10, y: 28, width: 20, height: 14, fill: label }),
    draw("path", { d: "M14 22v28", stroke: "#fff", "stroke-width": 2, "stroke-linecap": "round", opacity: 0.45 }),
  ],
  can: (paint, label) => [
    draw("path", { d: "M11 10l3-5h12l3 5v40l-3 5H14l-3-5z", fill: paint }),
    draw("path", { d: "M11 10l3-5h12l3 5zM11 50l3 5h12l3-5z", fill: "#aeb8b2" }),
    draw("path", { d: "M11 34c6-8 12 2 18-7v10c-6 9-12-1-18 7z", fill: label }),
    draw("path", { d: "M15 14v32", stroke: "#fff", "stroke-width": 2, "stroke-linecap": "round", opacity: 0.4 }),
  ],
  bar: (paint, label) => [
    draw("rect", { x: 8, y: 17, width: 24, height: 38, rx: 3, fill: paint }),
    draw("path", { d: "M8 17l3-4 3 4 3-4 3 4 3-4 3 4 3-4 3 4z", fill: paint }),
    draw("rect", { x: 8, y: 28, width: 24, height: 15, fill: label }),
    draw("circle", { cx: 20, cy: 35.5, r: 4.5, fill: paint }),
  ],
  bag: (paint, label) => [
    draw("path", { d: "M8 10c2 14 2 30-1 45h26c-3-15-3-31-1-45z", fill: paint }),
    draw("path", { d: "M7 5h26v6H7zM6 51h28v4H6z", fill: paint, opacity: 0.75 }),
    draw("ellipse", { cx: 20, cy: 31, rx: 9, ry: 11, fill: label }),
    draw("path", { d: "M15 31c3-5 7-5 10 0-3 5-7 5-10 0z", fill: paint }),
  ],
  box: (paint, label) => [
    draw("rect", { x: 8, y: 14, width: 24, height: 41, rx: 2.5, fill: paint }),
    draw("rect", { x: 12, y: 24, width: 16, height: 18, rx: 8, fill: label }),
    draw("path", { d: "M8 21h24", stroke: "#fff", opacity: 0.4, "stroke-width": 1.5 }),
  ],
};

/** Draw a product in a 40 × 56 frame. */
export function drawProduct(id, name) {
  const known = LOOKS.find(([words]) => words.test(name) || words.test(id));
  const sum = [...id].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  const [shape, paint, label] = known ? known.slice(1) : OTHERS[sum % OTHERS.length];
  return draw("svg", { viewBox: "0 0 40 58", class: "product", "aria-hidden": "true" }, ...SHAPES[shape](paint, label));
}
