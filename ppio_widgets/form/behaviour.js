// One constant script for all forms of a page. It handles what the kernel cannot:
// the notebook's own shortcuts, where the focus goes, and the clipboard.
if (!window.ppw) {
  const near = (node, selector) => node?.closest?.(selector);
  const inside = (node) => near(node, '.ppw');
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
  document.addEventListener('click', (event) => {
    const button = near(event.target, '.widget-button:not(.ppw-shown)');
    if (inside(button)) ring(inside(button));
  });
  // A view that comes to a page is not in it yet when its script runs.
  const announce = (image, tries) => {
    const root = inside(image);
    if (root && root.querySelector('.ppw-shown')) ring(root);
    else if (tries) setTimeout(announce, 100, image, tries - 1);
  };
  // A name has no line break, and where areas do not grow by themselves they grow here.
  document.addEventListener('keydown', (event) => {
    const name = inside(event.target) && event.target.closest('.f-envs-key');
    if (name && event.key === 'Enter' && !event.isComposing) event.preventDefault();
  }, true);
  const grow = ({target}) => {
    if (!inside(target) || !target.matches('textarea[rows="1"]') || CSS.supports('field-sizing', 'content')) return;
    target.style.height = 'auto';
    target.style.height = target.scrollHeight + 2 + 'px';
  };
  document.addEventListener('input', grow);
  document.addEventListener('focusin', grow);
  // What spends or destroys takes no held key and no double click; a click of an assistive device has detail 0.
  const weighty = (node) => near(node, '.ppw-ask, .ppw-asked > button');
  const drop = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  document.addEventListener('keydown', (event) => {
    const root = inside(event.target);
    const asked = near(event.target, '.ppw-asked') || root?.querySelector('.ppw-asked');
    if (asked && event.key === 'Escape') {
      drop(event);
      asked.querySelector('.ppw-esc').click();
    } else if (event.repeat && /^(Enter| )$/.test(event.key) && weighty(event.target)) drop(event);
  }, true);
  // The second press of a double click on what asked takes the focus from the question, wherever it lands.
  document.addEventListener('mousedown', (event) => {
    if (event.detail > 1 && document.activeElement.matches('.ppw-asked') && !near(event.target, '.ppw-asked')) drop(event);
  }, true);
  document.addEventListener('click', (event) => {
    const asked = near(event.target, '.ppw-asked');
    const button = weighty(event.target);
    // While a question is to be read, a click goes through its buttons to what is behind them.
    const through = (one) => {
      const {x, y, right, bottom} = one.getBoundingClientRect();
      return event.x > x && event.x < right && event.y > y && event.y < bottom;
    };
    if (button && event.detail > 1) drop(event);
    else if (button || !asked || ![...asked.children].slice(1).some(through)) return;
    const told = asked?.querySelector('.ppw-early');
    if (told) told.textContent = told.dataset.early;
  }, true);
  // Names a question after its first line, and describes it by the others.
  let texts = 0;
  const ask = (image, tries = 40) => {
    const asked = image.closest('.ppw-asked');
    if (!asked) return void (tries && setTimeout(ask, 50, image, tries - 1));
    ['aria-labelledby', 'aria-describedby'].forEach((name, number) => {
      const text = image.parentNode.children[number + 1];
      text.id = `ppw-text${++texts}`;
      asked.setAttribute(name, text.id);
    });
    asked.tabIndex = -1;
    asked.setAttribute('role', 'alertdialog');
  };
  // After a click that adds, removes, asks or answers, put the focus where the next key belongs.
  const asker = new WeakMap();
  let watcher;
  document.addEventListener('click', (event) => {
    const control = near(event.target, 'button, .ppw-switch input');
    const root = inside(control);
    if (!root) return;
    // A changed list or row makes its buttons anew, so that is what to hold on to.
    const list = control.closest('.ppw-list');
    const row = control.closest('.ppw-row');
    const actions = control.closest('.ppw-actions');
    const part = (selector) => actions.querySelector(`:scope > ${selector}`);
    const earlier = actions?.querySelector(':scope > .ppw-machine');
    const answered = () => {
      // Asked once more.
      if (part('.ppw-asked')) return part('[role=alertdialog]');
      // Not all of it is there.
      if (part(':not(.jupyter-widgets)')) return null;
      if (!control.matches('.ppw-yes'))
        return [...actions.children].find((one) => one.textContent === asker.get(actions)) || part('.ppw-status');
      const card = part('.ppw-machine');
      return (card === earlier ? null : card) || actions.closest('.ppw-machine') || root.querySelector('.ppw-instances select')
        || part('.ppw-look') || part('.ppw-launch');
    };
    const goal = control.matches('.ppw-add') ? () => list.querySelector('.ppw-row:nth-last-child(2) :is(input, select, textarea)')
      : control.matches('.ppw-row > button') ? () => list.querySelector('.ppw-add')
      : control.matches('input') ? () => row.querySelector('.ppw-switch input')
      : control.matches('.ppw-ask') ? () => part('[role=alertdialog]')
      : control.matches('.ppw-asked > button') ? answered
      : null;
    if (!goal) return;
    if (control.matches('.ppw-ask')) asker.set(actions, control.textContent);
    const before = goal();
    watcher?.disconnect();
    watcher = new MutationObserver(() => {
      const target = goal();
      if (!target || target === before) return;
      watcher.disconnect();
      // Whoever went elsewhere meanwhile stays there.
      const active = document.activeElement;
      if (active !== control && near(active, 'input, textarea, select, button, [contenteditable=true]')) return;
      if (!target.matches('button, input, select')) target.tabIndex = -1;
      target.focus();
    });
    // Classes come after the element itself, the role of a question after its text.
    watcher.observe(root, {childList: true, subtree: true, attributes: true, attributeFilter: ['class', 'role']});
  });
  const copy = (image) => {
    const area = image.parentNode.querySelector('textarea');
    const note = image.parentNode.querySelector('span');
    const done = () => { area.remove(); note.textContent = note.dataset.done; };
    const select = () => {
      area.focus();
      area.select();
      if (document.execCommand('copy')) done(); else note.textContent = note.dataset.manual;
    };
    if (navigator.clipboard) navigator.clipboard.writeText(area.value).then(done, select);
    else select();
  };
  const count = (image) => {
    const clock = image.previousElementSibling;
    const end = Date.now() + 1000 * clock.dataset.left;
    const show = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      clock.textContent = left > 0 ? left + ' s' : clock.dataset.done;
      if (left > 0 && clock.isConnected) setTimeout(show, 1000);
    };
    show();
  };
  const grab = (button) => {
    const code = button.previousElementSibling;
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    const done = () => { button.textContent = button.dataset.done; };
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, () => {});
    else if (document.execCommand('copy')) done();
  };
  window.ppw = {announce, ask, copy, count, grab};
}
ppw.announce(this, 50);
