// Comes with each list. After a click that removes, moves or changes a row, put the focus where the next key belongs.
if (window.ppw && !ppw.lists) {
  const {add, follow, near} = ppw;
  ppw.lists = true;
  document.addEventListener('click', (event) => {
    const control = near(event.target, '.ppw-list button, .ppw-switch input');
    // A changed list or row makes its buttons anew, so that is what to hold on to.
    const list = near(control, '.ppw-list');
    const row = near(control, '.ppw-row');
    if (!list) return;
    if (control.matches('.ppw-undo, .ppw-duplicate')) add(control);
    else if (control.matches('.ppw-row > :is(.ppw-remove, .ppw-make)')) follow(control, () => list.querySelector('.ppw-undo, .ppw-add'));
    else if (control.matches('.ppw-menu > button')) {
      // A moved row is drawn anew.
      const key = [...row.classList].find((name) => /^r[0-9]+$/.test(name));
      const way = control.matches('.ppw-up') ? '.ppw-up' : '.ppw-down';
      follow(control, () => list.querySelector('.' + key + ' ' + way));
    } else if (control.matches('input')) follow(control, () => row.querySelector('.ppw-switch input'));
  });
}
