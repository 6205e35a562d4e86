// One constant script for all forms of a page. It handles what the kernel cannot: the notebook's own
// shortcuts, held keys and double clicks, pasted lines, and where the focus goes. What belongs to a question or to
// Copy comes with those.
if (!window.ppw) {
  // What is shown only where no script runs is not shown.
  document.documentElement.classList.add('ppw-runs');
  const near = (node, selector) => node?.closest?.(selector);
  const inside = (node) => near(node, '.ppw');
  const on = (...all) => document.addEventListener(...all);
  // A view that comes to a page is not in it yet when its script runs: what is looked for is there soon.
  const when = (find, then, tries = 100) => {
    const found = find();
    if (found) then(found);
    else if (tries) setTimeout(when, 50, find, then, tries - 1);
  };
  // Returns what makes a call, once a frame however often it is asked to.
  const eachFrame = (call) => {
    let due;
    return () => { due ||= requestAnimationFrame(() => { due = 0; call(); }); };
  };
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
  let rested;
  const follow = (control, goal) => {
    const before = goal();
    watcher?.disconnect();
    watcher = new MutationObserver(() => {
      const target = goal();
      // What is new in a closed section is seen once that is open.
      if (!target?.offsetParent || target === before) return;
      watcher.disconnect();
      // Whoever went elsewhere meanwhile stays there.
      const active = document.activeElement;
      if (active !== control && active !== rested && near(active, 'input, textarea, select, button, [contenteditable=true]')) return;
      if (!target.matches('button, input, select, textarea')) target.tabIndex = -1;
      target.focus();
    });
    // Classes come after the element itself, the role of a question after its text.
    watcher.observe(inside(control), {childList: true, subtree: true, attributes: true, attributeFilter: ['class', 'role']});
  };
  // What adds a row stands below its list, or in the head of a section, which opens with it.
  const add = (control) => {
    const root = inside(control);
    const rows = new Set(root.querySelectorAll('.ppw-row'));
    const all = near(control, '.ppw-list') ? '.ppw-row' : '.ppw-row:has(+ .ppw-add)';
    follow(control, () => [...root.querySelectorAll(all)].find((one) => !rows.has(one))?.querySelector('input, select, textarea'));
  };
  on('click', (event) => {
    const control = near(event.target, 'button');
    const root = inside(control);
    if (root && control.matches('.ppw-add')) add(control);
    else if (root && control.matches('.ppw-ask')) {
      const actions = control.closest('.ppw-actions');
      actions.ppwAsker = control.textContent;
      follow(control, () => actions.querySelector(':scope > [role=alertdialog]'));
      // What blocks is said at each try.
      root.ppwSaid.delete(root.querySelector('.ppw-readout .ppw-say')?.textContent);
    }
  });
  // The focus never falls to the page: where what had it is gone, what was made in its place has it, or what stood
  // before it; of a question that is asked anew the question, after an answer its place, until what came of it is there.
  let held;
  on('focusin', ({target}) => {
    const root = inside(target);
    const asked = near(target, '.ppw-asked');
    held = root && {
      target,
      host: near(target, '.widget-radio-box, .widget-html'),
      asked: [asked, asked?.parentNode],
      all: [...root.querySelectorAll('button, select, textarea, summary, a, input:not([type=radio]), input:checked')],
    };
  });
  const catchFocus = () => {
    if (!held || held.target.isConnected || document.activeElement !== document.body) return;
    const {target, host, all} = held;
    const asked = held.asked.find((one) => one?.isConnected);
    const twin = host?.isConnected && (host.querySelector('input:checked') || host.querySelector(target.localName));
    if (asked) asked.tabIndex = -1;
    rested = twin || asked || all.slice(0, all.indexOf(target)).reverse().find((one) => one.offsetParent);
    rested?.focus();
  };
  // What the widgets leave out. Radio buttons get a name, so that the rows are one stop of Tab and arrows choose, and
  // that of their group. What opens something says whether it is open, a field whether it is required, whether it
  // is wrong, and what stands beside it, which a stylesheet shows and nobody hears.
  let ids = 0;
  const dress = (root) => {
    const all = (selector) => root.querySelectorAll(selector);
    for (const box of all('.widget-radio-box')) {
      if (!box.role) {
        box.role = 'radiogroup';
        box.id = `ppw-radios${++ids}`;
      }
      box.ariaLabel = box.previousSibling.textContent;
      for (const radio of box.querySelectorAll('input')) radio.name ||= box.id;
    }
    for (const head of all('.ppw-section, .ppw-start > .ppw-find, .ppw-more'))
      head.ariaExpanded = head.matches('.mod-active, .ppw-find:has(+ *), :has(~ .ppw-menu)');
    const controls = ':is(input:not([type=radio]), select, textarea, .widget-radio-box)';
    for (const control of all(`:is(.ppw-required, .ppw-offers) ${controls}`)) control.ariaRequired = true;
    for (const control of all(controls + '[aria-describedby]')) {
      control.removeAttribute('aria-describedby');
      control.ariaInvalid = null;
    }
    for (const text of all('[data-of]')) {
      text.id ||= `ppw-beside${++ids}`;
      for (const field of all(text.dataset.of))
        for (const control of field.querySelectorAll(controls)) {
          const others = control.getAttribute('aria-describedby');
          control.setAttribute('aria-describedby', (others || '') + ' ' + text.id);
          if (text.matches('.ppw-bad')) control.ariaInvalid = true;
        }
    }
  };
  // One polite live region says once what is new: a price, what blocks, where a launch or an instance stands.
  const speak = (root) => {
    const told = root.querySelectorAll('.ppw-amount, .ppw-status p:not([role]), .ppw-say');
    const texts = [...told].map((one) => one.textContent).filter((text) => /^[^\s–]/.test(text));
    const fresh = texts.filter((text) => !root.ppwSaid.has(text));
    root.ppwSaid = new Set(texts);
    if (fresh.length) root.ppwVoice.textContent = fresh.join(' ');
  };
  // Esc closes what is open: an explanation, a menu, a section; a text control would keep it to itself.
  on('keydown', (event) => {
    const open = 'details[open], :has(> .ppw-menu), .ppw-start:has(> .ppw-find + *), .ppw-inside, .ppw-section.mod-active';
    const part = event.key === 'Escape' && !event.isComposing && inside(event.target) && near(event.target, open);
    if (!part || inside(part).querySelector('.ppw-asked')) return;
    event.preventDefault();
    const head = part.matches('.ppw-inside') ? part.previousSibling
      : part.matches('button') ? part : part.querySelector(':scope > :is(.ppw-more, .ppw-find)') || part.firstChild;
    head.click();
    head.focus();
  }, true);
  // Every view brings its stylesheets along, and a browser works out the rules of each copy: one counts, behind all
  // that the page has, where they stood.
  const share = (root) => {
    for (const sheet of root.querySelectorAll('.ppw-sheet:not([media])')) {
      const kept = [...document.querySelectorAll('body > .ppw-sheet')];
      if (!kept.some((one) => one.textContent === sheet.textContent)) document.body.append(sheet.cloneNode(true));
      sheet.media = 'not all';
    }
  };
  // A key changes texts only: what has its own HTML is not looked at again.
  const announce = (image) => when(() => inside(image)?.querySelector('.ppw-shown'), (bell) => {
    const root = inside(bell);
    // Only behind the first frame: what the view then loads must not keep it from being drawn.
    requestAnimationFrame(() => setTimeout(() => bell.click()));
    const voice = root.ppwVoice = document.createElement('p');
    voice.className = 'ppw-voice';
    voice.role = 'status';
    root.ppwSaid = new Set();
    root.append(voice);
    const dressSoon = eachFrame(() => dress(root));
    let settled;
    const later = (changes) => {
      share(root);
      clearTimeout(settled);
      settled = setTimeout(speak, 500, root);
      if (changes.some(({target}) => !near(target, '.ppw-readout, .ppw-price, .ppw-shown, .ppw-voice'))) dressSoon();
      requestAnimationFrame(catchFocus);
    };
    new MutationObserver(later).observe(root, {childList: true, subtree: true, attributes: true, attributeFilter: ['class']});
    later([{target: root}]);
  });
  window.ppw = {add, announce, drop, eachFrame, follow, inside, near, when};
}
ppw.announce(this);
