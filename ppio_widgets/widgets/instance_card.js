// Comes with the card of an instance: its menu and the fold of the form say whether they are open, and Esc or a press
// elsewhere closes the menu. After an item that asks nothing the focus goes to what came of it.
if (window.ppw && !ppw.card) {
  const {follow, inside, near} = ppw;
  document.addEventListener('click', ({target}) => {
    const item = near(target, '.ppw-machine > .ppw-actions button:not(.ppw-ask, .ppw-menu-head)');
    if (!item || near(item, '.ppw-asked')) return;
    const head = item.closest('.ppw-actions').querySelector('.ppw-menu-head');
    const fold = item.matches('.ppw-another') && inside(item).querySelector('.ppw-fold');
    follow(item, () => item.isConnected && !fold ? null : fold || head);
  });
  const open = (root) => root.querySelector('.ppw-menu-head.mod-active');
  document.addEventListener('pointerdown', ({target}) => {
    const actions = near(target, '.ppw-actions');
    for (const head of document.querySelectorAll('.ppw .ppw-menu-head.mod-active')) if (!actions?.contains(head)) head.click();
  });
  document.addEventListener('keydown', (event) => {
    const actions = event.key === 'Escape' && inside(event.target) && near(event.target, '.ppw-machine > .ppw-actions');
    const head = actions && open(actions);
    if (!head) return;
    event.preventDefault();
    head.click();
    head.focus();
  });
  ppw.card = (image, tries) => {
    const root = inside(image);
    if (!root) return void (tries && setTimeout(ppw.card, 50, image, tries - 1));
    const dress = () => { for (const one of root.querySelectorAll('.ppw-opens')) one.ariaExpanded = one.matches('.mod-active'); };
    root.ppwOpens ||= new MutationObserver(dress);
    root.ppwOpens.observe(root, {childList: true, subtree: true, attributes: true, attributeFilter: ['class']});
    dress();
  };
}
window.ppw?.card(this, 40);
