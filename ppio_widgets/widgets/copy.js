// Comes with what can be copied. A text stands beside this image until it is copied; a command has its button.
if (window.ppw && !ppw.copy) {
  ppw.copy = (image) => {
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
  ppw.grab = (button) => {
    const code = button.previousElementSibling;
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    const done = () => { button.textContent = button.dataset.done; };
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, () => {});
    else if (document.execCommand('copy')) done();
  };
}
if (this.parentNode?.matches('.ppw-copied')) window.ppw?.copy(this);
