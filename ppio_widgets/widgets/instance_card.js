// Comes with the card of an instance. A press elsewhere closes its menu; after an item that asks nothing the focus goes
// to what came of it.
if (window.ppw && !ppw.card) {
  const {follow, inside, near} = ppw;
  ppw.card = true;
  document.addEventListener('click', ({target}) => {
    const item = near(target, '.ppw-machine > .ppw-actions button:not(.ppw-ask, .ppw-more)');
    if (!item || near(item, '.ppw-asked')) return;
    const head = item.closest('.ppw-actions').querySelector('.ppw-more');
    const fold = item.matches('.ppw-another') && inside(item).querySelector('.ppw-fold');
    follow(item, () => item.isConnected ? null : fold || head);
  });
  document.addEventListener('pointerdown', ({target}) => {
    const actions = near(target, '.ppw-actions');
    for (const head of document.querySelectorAll('.ppw-more.mod-active')) if (!actions?.contains(head)) head.click();
  });
}
