"""Which texts are hard to read: WCAG's contrast of every text with the ground that lies behind it."""

POORLY_READ = """() => {
  const read = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const brightness = ({ r, g, b }) => {
    const linear = (part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const lay = (top, under) => {
    const mix = (part) => top[part] * top.a + under[part] * (1 - top.a);
    return { r: mix("r"), g: mix("g"), b: mix("b"), a: 1 };
  };
  const groundOf = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      const colour = read(style.backgroundColor);
      if (colour.a > 0) layers.push(colour);
      else if (style.backgroundImage.includes("gradient")) {
        const [first] = style.backgroundImage.match(/rgba?\\([^)]+\\)/) ?? [];
        if (first) layers.push(read(first));
      }
      if (layers.at(-1)?.a === 1) break;
    }
    return layers.reverse().reduce((under, top) => lay(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    const isSeen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!text || !isSeen || element.closest("svg, noscript, option, [aria-hidden=true]")) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const [light, dark] = [lay(read(style.color), ground), ground].map(brightness).sort((one, other) => other - one);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < (isLarge ? 3 : 4.5)) poor.push({ text, contrast, class: element.className });
  }
  return poor;
}"""
