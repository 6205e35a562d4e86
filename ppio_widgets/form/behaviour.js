// One constant script for all forms of a page. It handles what the kernel cannot:
// the notebook's own shortcuts, where the focus goes, and the clipboard.
if (!window.ppw) {
  const inside = (node) => node && node.closest && node.closest('.ppw');
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
    const bell = root && root.querySelector('.ppw-shown');
    if (!bell || bell.dataset.rung) return;
    bell.dataset.rung = 1;
    const note = document.createElement('p');
    note.className = 'ppw-silent';
    note.role = 'alert';
    const late = setTimeout(() => { root.append(note); note.textContent = bell.title; }, 1500);
    const watcher = new MutationObserver(() => {
      watcher.disconnect();
      clearTimeout(late);
      note.remove();
      delete bell.dataset.rung;
    });
    watcher.observe(bell, {childList: true});
    bell.click();
  };
  document.addEventListener('click', (event) => {
    if (event.target.closest) ring(inside(event.target.closest('.widget-button:not(.ppw-shown)')));
  });
  // A view that comes to a page is not in it yet when its script runs.
  const announce = (image, tries) => {
    const root = inside(image);
    const bell = root && root.querySelector('.ppw-shown');
    if (bell) bell.click();
    else if (tries) setTimeout(announce, 100, image, tries - 1);
  };
  // After a click that adds or removes something, put the focus where the next key belongs.
  document.addEventListener('click', (event) => {
    const control = event.target.closest && event.target.closest('button, .ppw-switch input');
    const root = inside(control);
    if (!root) return;
    // A changed list or row makes its buttons anew, so that is what to hold on to.
    const list = control.closest('.ppw-list');
    const row = control.closest('.ppw-row');
    const goal = control.matches('.ppw-add') ? () => list.querySelector('.ppw-row:nth-last-child(2) :is(input, select)')
      : control.matches('.ppw-row > button') ? () => list.querySelector('.ppw-add')
      : control.matches('input') ? () => row.querySelector('.ppw-switch input')
      : control.matches('.ppw-launch') ? () => root.querySelector('.ppw-confirm')
      : control.matches('.ppw-ask') ? () => root.querySelector('.ppw-sure')
      : control.matches('.ppw-keep, .ppw-sure') ? () => root.querySelector('.ppw-ask')
      : control.matches('.ppw-cancel, .ppw-confirm')
        ? () => root.querySelector('.ppw-look') || root.querySelector('.ppw-launch')
      : null;
    if (!goal) return;
    const before = goal();
    const watcher = new MutationObserver(() => {
      const target = goal();
      if (!target || target === before) return;
      watcher.disconnect();
      target.focus();
    });
    // Classes come after the element itself.
    watcher.observe(root, {childList: true, subtree: true, attributes: true, attributeFilter: ['class']});
    setTimeout(() => watcher.disconnect(), 5000);
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
  window.ppw = {announce, copy, count, grab};
}
ppw.announce(this, 50);
