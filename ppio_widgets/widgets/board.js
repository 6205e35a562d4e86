// Comes with the board. The label of a check box takes no button, no target and no title of its own: they come here.
if (window.ppw && !ppw.rows) {
  const {eachFrame, inside, near, when} = ppw;
  const dress = (table) => {
    table.role = 'group';
    table.ariaLabel = table.closest('.ppw-board').querySelector('[data-list]')?.dataset.list;
    for (const cells of table.querySelectorAll('.ppw-cells')) {
      const box = cells.closest('label').firstChild;
      box.ariaLabel = cells.title;
      box.title = '';
      const name = cells.querySelector('b')?.textContent;
      for (const words of cells.querySelectorAll('.ppw-way')) {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'jupyter-button ppw-grab';
        button.textContent = words.textContent;
        button.dataset.done = words.title;
        button.onclick = () => ppw.grab(button);
        words.replaceWith(button);
      }
      for (const way of cells.querySelectorAll('a, button')) way.ariaLabel ||= `${way.textContent}: ${name}`;
    }
  };
  // What opens does so beside the notebook.
  document.addEventListener('click', (event) => {
    const link = near(event.target, '.ppw-instances a');
    if (link) Object.assign(link, {target: '_blank', rel: 'noopener noreferrer'});
  }, true);
  ppw.rows = (image) => when(() => inside(image)?.querySelector('.ppw-instances'), (table) => {
    const later = eachFrame(() => dress(table));
    new MutationObserver(later).observe(table, {childList: true, subtree: true});
    later();
  });
}
window.ppw?.rows(this);
