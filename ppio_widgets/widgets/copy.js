// Comes with what can be copied. A text stands beside this image until it is copied; a command has its button.
if (window.ppw && !ppw.copy) {
  const hand = (text, select, done, failed) => {
    const byHand = () => {
      select();
      (document.execCommand('copy') ? done : failed)();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, byHand);
    else byHand();
  };
  ppw.copy = (image) => {
    const area = image.parentNode.querySelector('textarea');
    const note = image.parentNode.querySelector('span');
    const select = () => { area.focus(); area.select(); };
    const done = () => { area.remove(); note.textContent = note.dataset.done; };
    hand(area.value, select, done, () => { note.textContent = note.dataset.manual; });
  };
  // It is selected in any case: who cannot have it copied presses Ctrl+C.
  ppw.grab = (button) => {
    const code = button.previousElementSibling;
    const select = () => getSelection().selectAllChildren(code);
    select();
    hand(code.textContent, select, () => { button.textContent = button.dataset.done; }, select);
  };
}
if (this.parentNode?.matches('.ppw-copied')) window.ppw?.copy(this);
