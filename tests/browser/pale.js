// What is too pale in a view: texts, also those of the stylesheet, placeholders, what marks a control.
top => {
  const channels = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+(?:e-?\d+)?/g).map(Number);
    return colour.startsWith('color(') ? [255 * r, 255 * g, 255 * b, a] : [r, g, b, a];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((one, n) => one * a + below[n] * (1 - a));
  const behind = (node) => {
    const above = [];
    for (let one = node; one; one = one.parentElement) {
      const colour = channels(getComputedStyle(one).backgroundColor);
      if (colour[3]) above.unshift(colour);
    }
    return above.reduce((below, colour) => over(colour, below), [255, 255, 255]);
  };
  const light = (colour) => colour
    .map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, n) => sum + one * [0.2126, 0.7152, 0.0722][n], 0);
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const pale = [];
  const looked = {text: 0, placeholder: 0, border: 0, primary: 0};
  const judge = (kind, node, colour, below, least) => {
    looked[kind] += 1;
    const found = contrast(over(channels(colour), below), below);
    if (found < least) pale.push(`${kind} ${found.toFixed(2)}: ${node.outerHTML.slice(0, 120)}`);
  };
  const bordered = 'input:is([type=text], [type=password]), select, textarea, .ppw-segments > .widget-radio-box,'
    + ' .ppw-chips > .widget-radio-box > label, .ppw-chip > label, .jupyter-button';
  for (const node of [top, ...top.querySelectorAll('*')]) {
    if (!node.checkVisibility({opacityProperty: true, visibilityProperty: true}) || node.closest(':disabled')) continue;
    const style = getComputedStyle(node);
    if ([...node.childNodes].some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim()))
      judge(node.matches('.mod-primary') ? 'primary' : 'text', node, style.color, behind(node), 4.5);
    for (const part of ['::before', '::after']) {
      const generated = getComputedStyle(node, part);
      if (/^"[^"]/.test(generated.content)) judge('text', node, generated.color, behind(node), 4.5);
    }
    if (node.matches(':placeholder-shown') && node.placeholder)
      judge('placeholder', node, getComputedStyle(node, '::placeholder').color, behind(node), 4.5);
    if (node.matches(bordered) && parseFloat(style.borderLeftWidth) && channels(style.borderLeftColor)[3])
      judge('border', node, style.borderLeftColor, behind(node.parentElement), 3);
  }
  return [pale, looked];
}
