// Looks at every element and text that ever stands in a cell's output, from the page's first moment.
([acting, handlers]) => {
  const ACTING = new RegExp(acting, 'u');
  const TAGS = new Set(('DIV B P PRE I U S EM STRONG UL LI SPAN BR TEXTAREA PROGRESS H3 LABEL DL DT DD OL CODE INPUT SELECT OPTION DATALIST BUTTON STYLE SMALL DETAILS SUMMARY TABLE THEAD TBODY TR TH TD')
    .split(' '));
  const PLACES = ['status', 'question', 'readout', 'still', 'launched', 'top', 'live', 'facts'];
  const seen = {faults: [], links: [], copied: []};
  for (const place of PLACES) seen[place] = [];
  window.__seen = seen;
  const fault = (what, node) => {
    if (seen.faults.length < 30) seen.faults.push(`${what}: ${(node.outerHTML || node.textContent).slice(0, 160)}`);
  };
  const BOXES = PLACES.map((place) => `.ppw-${place}`).join();
  const note = (box) => {
    const texts = seen[PLACES.find((place) => box.classList.contains(`ppw-${place}`))];
    if (texts[texts.length - 1] !== box.textContent) texts.push(box.textContent);
  };
  // Those within a query of width or of motion as well; steps of an animation stay its own.
  const rules = ({cssRules}) => [...cssRules].flatMap((one) => one.conditionText ? rules(one) : [one]);
  const judge = (node) => {
    for (const {name, value} of node.attributes) {
      if (/^on/i.test(name) && !(/^(IMG|BUTTON)$/.test(node.tagName) && handlers.includes(value))) fault('handler', node);
      if (/^(srcdoc|autofocus|background|formaction|ping)$/i.test(name)) fault(name, node);
      if (/^(href|src|action|data)$/i.test(name) && value !== 'data:,' && node.tagName !== 'A') fault(name, node);
      if (name === 'class' && /(^| )ansi-/.test(value)) fault('colour', node);
    }
    if (node.tagName === 'IMG') {
      if (node.getAttribute('src') !== 'data:,' || !node.hidden) fault('image', node);
    } else if (node.tagName === 'A' && node.closest('.jp-RenderedText')) {
      seen.links.push(node.href);  // JupyterLab makes one of any address in a plain text
    } else if (node.tagName === 'A') {
      // In the label of a check box it gets its target with the click.
      const beside = node.closest('.ppw-cells') || (node.target === '_blank' && /noopener/.test(node.rel));
      const safe = /^https?:\/\//.test(node.getAttribute('href')) && beside;
      if (!safe) fault('link', node);
    } else if (!TAGS.has(node.tagName)) fault('element', node);
    if (node.matches('.ppw-copied textarea')) seen.copied.push(node.value);
    if (node.tagName === 'STYLE' && node.closest('.ppw, .ppw-sheet') && node.sheet)
      for (const rule of rules(node.sheet))
        if (!rule.selectorText?.includes('.ppw') && !rule.name?.startsWith('ppw-')) fault('rule', {textContent: rule.cssText});
  };
  const read = (node) => {
    // A label without words is one blank without width: ipywidgets' own.
    if (ACTING.test(node.data) && node.data !== '\u200b' && !node.parentElement?.closest('textarea')) fault('character', node);
  };
  const look = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return read(node);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    node.querySelectorAll(BOXES).forEach(note);
    const all = document.createNodeIterator(node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let one = all.nextNode(); one; one = all.nextNode()) one.data === undefined ? judge(one) : read(one);
  };
  window.__look = () => document.querySelectorAll('.jp-OutputArea-output, .ppw-sheet').forEach(look);
  new MutationObserver((changes) => {
    for (const {target, addedNodes} of changes) {
      const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      if (!element?.closest('.jp-OutputArea-output')) continue;
      addedNodes.forEach(look);
      const box = element.closest(BOXES);
      if (box) note(box);
    }
  // Classes come after the element itself.
  }).observe(document, {subtree: true, childList: true, characterData: true, attributeFilter: ['class']});
}
