// Times in the page itself: from an event to the moment at which what it brings has been painted.
() => {
  const outputs = () => [...document.querySelectorAll('.jp-OutputArea-output')];
  const seen = (element) => element !== null && element.getClientRects().length > 0;
  const find = (name) => document.querySelector(`.bench-${name}`);
  const field = () => find('name')?.querySelector('input, textarea') ?? null;
  const count = (rows) => outputs().flatMap((one) => [...one.querySelectorAll(rows)]).filter(seen).length;
  // What has been painted: a frame was begun, and a task of its own comes behind it.
  const painted = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(0);
  });
  const conditions = {
    open: () => seen(field()),
    preview: () => field().value !== '' && find('preview').textContent.includes(field().value),
    row: (start) => count(start.rows) > start.count,
    burst: (start) => field().value.length >= start.keys && find('preview').textContent.includes(field().value),
  };
  // Waits for an event, then for a condition to be painted; with `quiet`, also until nothing changes any more.
  window.__arm = (event, condition, {keys = 0, quiet = 0, rows = '', patience = 60000} = {}) => {
    window.__done = new Promise((resolve, reject) => {
      const start = {keys, rows, count: rows && count(rows)};
      setTimeout(() => reject(new Error(`${condition}: not within ${patience} ms`)), patience);
      let began = 0, ready = 0, last = 0, waiting = false, timer = 0;
      const finish = () => {
        observer.disconnect();
        resolve({ready: ready - began, settled: last - began});
      };
      const look = () => {
        if (waiting) return;
        waiting = true;
        painted((now) => {
          waiting = false;
          last = now;
          if (!ready && conditions[condition](start)) ready = now;
          if (!ready) return;
          clearTimeout(timer);
          if (quiet) timer = setTimeout(finish, quiet); else finish();
        });
      };
      const observer = new MutationObserver((changes) => {
        // What is heard and not drawn comes half a second after the last change.
        const ours = ({target}) => !(target.closest ? target : target.parentElement)?.closest('.ppw-voice')
          && (target.parentElement ?? target).closest?.('.jp-OutputArea');
        if (began && changes.some(ours)) look();
      });
      observer.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
      window.addEventListener(event, (happened) => { began = happened.timeStamp; }, {capture: true, once: true});
    });
  };
}
