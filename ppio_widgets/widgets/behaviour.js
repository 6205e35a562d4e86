// One constant script for all forms of a page. It handles what the kernel cannot: the notebook's own
// shortcuts, held keys and double clicks, pasted lines, and where the focus goes. What belongs to a question or to
// Copy comes with those.
if (!window.ppw) {
  const near = (node, selector) => node?.closest?.(selector);
  const inside = (node) => near(node, '.ppw');
  const on = (...all) => document.addEventListener(...all);
  // A focused dropdown, checkbox or button lets the notebook's shortcuts through (x cuts the cell), a text control
  // keeps all keys to itself. Those with Ctrl, Cmd or Alt are meant for JupyterLab, but for Enter, which would run
  // the cell and replace the form.
  window.addEventListener('keydown', (event) => {
    const node = event.target;
    if (!inside(node)) return;
    const meant = (event.ctrlKey || event.metaKey || event.altKey) && event.key !== 'Enter';
    if (meant) event.stopPropagation = () => {};
    node[meant ? 'removeAttribute' : 'setAttribute']('data-lm-suppress-shortcuts', 'true');
  }, true);
  // The kernel answers a press of the hidden button by changing its words. After each click it is pressed as
  // well: widgets stay on the page when their kernel is gone, and their buttons can still be clicked.
  const ring = (root) => {
    const bell = root.querySelector('.ppw-shown');
    if (!bell || bell.dataset.rung) return;
    bell.dataset.rung = 1;
    const note = document.createElement('p');
    note.className = 'ppw-silent';
    note.setAttribute('role', 'alert');
    const late = setTimeout(() => { root.append(note); note.textContent = bell.title; }, 1500);
    const watcher = new MutationObserver(() => {
      watcher.disconnect();
      clearTimeout(late);
      note.remove();
      delete bell.dataset.rung;
    });
    watcher.observe(bell, {childList: true, characterData: true, subtree: true});
    bell.click();
  };
  on('click', (event) => {
    const button = near(event.target, '.widget-button:not(.ppw-shown)');
    if (inside(button)) ring(inside(button));
  });
  // What spends or destroys takes no held key and no double click; a click of an assistive device has detail 0. By its
  // second press a double click on what asks or answers is over something else, and would take the focus there.
  const weighty = (node) => near(node, '.ppw-ask, .ppw-asked > button');
  const drop = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  let pressed;
  const guard = (event) => {
    const button = weighty(event.target);
    const press = event.type === 'mousedown';
    if (event.repeat ? button && /^(Enter|\s)$/.test(event.key) : event.detail > 1 && (press ? pressed : button)) drop(event);
    else if (press) pressed = button;
  };
  for (const name of ['keydown', 'mousedown', 'click']) on(name, guard, true);
  // An input joins the lines that are pasted into it. What stood between them is shown, and the kernel reads it as such.
  on('paste', (event) => {
    const text = event.clipboardData.getData('text').trim().replace(/\r\n?|\n/g, '↵');
    if (near(event.target, '.ppw input') && text.includes('↵')) {
      event.preventDefault();
      document.execCommand('insertText', false, text);
    }
  });
  // A name has no line break, and where areas do not grow by themselves they grow here.
  on('keydown', (event) => {
    const name = inside(event.target) && event.target.closest('.f-envs-key');
    if (name && event.key === 'Enter' && !event.isComposing) event.preventDefault();
  }, true);
  const grow = ({target}) => {
    if (!inside(target) || !target.matches('textarea[rows="1"]') || CSS.supports('field-sizing', 'content')) return;
    target.style.height = 'auto';
    target.style.height = target.scrollHeight + 2 + 'px';
  };
  on('input', grow);
  on('focusin', grow);
  // After a click that adds or removes something, put the focus where the next key belongs.
  let watcher;
  const follow = (control, goal) => {
    const before = goal();
    watcher?.disconnect();
    watcher = new MutationObserver(() => {
      const target = goal();
      if (!target || target === before) return;
      watcher.disconnect();
      // Whoever went elsewhere meanwhile stays there.
      const active = document.activeElement;
      if (active !== control && near(active, 'input, textarea, select, button, [contenteditable=true]')) return;
      if (!target.matches('button, input, select, textarea')) target.tabIndex = -1;
      target.focus();
    });
    // Classes come after the element itself, the role of a question after its text.
    watcher.observe(inside(control), {childList: true, subtree: true, attributes: true, attributeFilter: ['class', 'role']});
  };
  on('click', (event) => {
    const control = near(event.target, 'button, .ppw-switch input');
    if (!inside(control)) return;
    // A changed list or row makes its buttons anew, so that is what to hold on to. What adds a row may stand
    // in the head of a section, which opens with it.
    const list = control.closest('.ppw-list');
    const row = control.closest('.ppw-row');
    if (control.matches('.ppw-add, .ppw-undo, .ppw-duplicate')) {
      const root = inside(control);
      const rows = new Set(root.querySelectorAll('.ppw-row'));
      const added = () => [...root.querySelectorAll(list ? '.ppw-row' : '.ppw-row:has(+ .ppw-add)')].find((one) => !rows.has(one));
      follow(control, () => added()?.querySelector('input, select, textarea'));
    } else if (control.matches('.ppw-row > .ppw-remove')) follow(control, () => list.querySelector('.ppw-undo, .ppw-add'));
    else if (control.matches('.ppw-menu > :not(.ppw-duplicate)')) {
      // A moved row is drawn anew.
      const key = [...row.classList].find((name) => /^r[0-9]+$/.test(name));
      const way = control.matches('.ppw-up') ? '.ppw-up' : '.ppw-down';
      follow(control, () => list.querySelector('.' + key + ' ' + way));
    } else if (control.matches('input')) follow(control, () => row.querySelector('.ppw-switch input'));
    else if (control.matches('.ppw-ask')) {
      const actions = control.closest('.ppw-actions');
      actions.ppwAsker = control.textContent;
      follow(control, () => actions.querySelector(':scope > [role=alertdialog]'));
    }
  });
  // Radio buttons get what the widgets leave out: a name, so that the rows are one stop of Tab and arrows choose, and
  // that of their group. Where they are made anew while the focus is in them, it stays there.
  let groups = 0;
  let chosen;
  on('focusin', ({target}) => { chosen = near(target, '.ppw .widget-radio-box') && [target.closest('.widget-radio-box'), target]; });
  const dress = (root) => {
    for (const box of root.querySelectorAll('.widget-radio-box')) {
      if (!box.role) {
        box.role = 'radiogroup';
        box.id = `ppw-radios${++groups}`;
      }
      box.ariaLabel = box.previousSibling.textContent;
      for (const radio of box.querySelectorAll('input')) radio.name ||= box.id;
    }
    for (const head of root.querySelectorAll('.ppw-section')) head.ariaExpanded = head.matches('.mod-active');
    const [box, radio] = chosen || [];
    if (box?.isConnected && !radio.isConnected && document.activeElement === document.body)
      box.querySelector('input:checked, input')?.focus();
  };
  // Esc closes what is open: an explanation, a section.
  on('keydown', (event) => {
    const part = event.key === 'Escape' && inside(event.target) && near(event.target, '.ppw-help[open], .ppw-inside, .ppw-section.mod-active');
    if (!part) return;
    event.preventDefault();
    const head = part.matches('.ppw-help') ? part.firstChild : part.matches('.ppw-inside') ? part.previousSibling : part;
    head.click();
    head.focus();
  });
  // A view that comes to a page is not in it yet when its script runs.
  const announce = (image, tries) => {
    const root = inside(image);
    const bell = root?.querySelector('.ppw-shown');
    if (!bell) return void (tries && setTimeout(announce, 100, image, tries - 1));
    // Only behind the first frame: what the view then loads must not keep it from being drawn.
    requestAnimationFrame(() => setTimeout(() => bell.click()));
    let due;
    const later = () => { due ||= requestAnimationFrame(() => { due = 0; dress(root); }); };
    // What an HTML widget says changes with each key, and holds none of these.
    const dressed = ({target}) => !near(target, '.widget-html');
    new MutationObserver((changes) => { if (changes.some(dressed)) later(); }).observe(root, {childList: true, subtree: true, attributes: true, attributeFilter: ['class']});
    later();
  };
  window.ppw = {announce, drop, follow, inside, near};
}
ppw.announce(this, 50);
