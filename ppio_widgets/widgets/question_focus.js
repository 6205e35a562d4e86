// Comes with each question: the focus goes to it, and what an early answer is told. What drops held keys and double
// clicks is there from the start.
if (window.ppw && !ppw.ask) {
  const {drop, follow, inside, near, when} = ppw;
  // Before whatever else is open hears of it.
  window.addEventListener('keydown', (event) => {
    const root = inside(event.target);
    const asked = near(event.target, '.ppw-asked') || root?.querySelector('.ppw-asked');
    if (!asked || event.key !== 'Escape') return;
    drop(event);
    asked.querySelector('.ppw-esc').click();
  }, true);
  document.addEventListener('click', (event) => {
    const asked = near(event.target, '.ppw-asked');
    // While a question is to be read, a click goes through its buttons to what is behind them.
    const through = (one) => {
      const {x, y, right, bottom} = one.getBoundingClientRect();
      return event.x > x && event.x < right && event.y > y && event.y < bottom;
    };
    if (!asked || near(event.target, 'button') || ![...asked.children].slice(1).some(through)) return;
    const told = asked.querySelector('.ppw-early');
    told.textContent = told.dataset.early;
  }, true);
  // Names a question after its first line, and describes it by the others.
  let texts = 0;
  ppw.ask = (image) => when(() => near(image, '.ppw-asked'), (asked) => {
    ['aria-labelledby', 'aria-describedby'].forEach((name, number) => {
      const text = image.parentNode.children[number + 1];
      text.id = `ppw-text${++texts}`;
      asked.setAttribute(name, text.id);
    });
    asked.tabIndex = -1;
    asked.setAttribute('role', 'alertdialog');
  });
  // After an answer the focus goes to what came of it, or back to the button that asked.
  document.addEventListener('click', (event) => {
    const control = near(event.target, '.ppw-asked > button');
    if (!control) return;
    const actions = control.closest('.ppw-actions');
    const part = (selector) => actions.querySelector(`:scope > ${selector}`);
    // The newest one stands first.
    const made = () => inside(actions).querySelector('.ppw-cards .ppw-machine');
    const earlier = made();
    follow(control, () => {
      // Asked once more.
      if (part('.ppw-asked')) return part('[role=alertdialog]');
      // Not all of it is there.
      if (part(':not(.jupyter-widgets)')) return null;
      if (!control.matches('.ppw-yes'))
        return [...actions.children].find((one) => one.textContent === actions.ppwAsker) || part('.ppw-launch') || part('.ppw-more') || part('.ppw-status');
      const card = made();
      return actions.closest('.ppw-machine') || (card === earlier ? null : card)
        || inside(actions).querySelector('.ppw-line :checked') || part('.ppw-look') || part('.ppw-launch');
    });
  });
}
window.ppw?.ask(this);
