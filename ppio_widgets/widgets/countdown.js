// Comes with a countdown, which stands before this image unless newer words took both off the page; nothing is sent at
// its end.
const clock = this.previousElementSibling;
if (clock) {
  const end = Date.now() + 1000 * clock.dataset.left;
  const show = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    clock.textContent = left > 0 ? left + ' s' : clock.dataset.done;
    if (left > 0 && clock.isConnected) setTimeout(show, 1000);
  };
  show();
}
