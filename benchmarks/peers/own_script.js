// A form of one model: what the page does by itself costs no message, and the kernel writes the preview.
export default {
  render({model, el}) {
    const body = structuredClone(model.get('body'));
    const make = (kind, parent, more = {}) => parent.appendChild(Object.assign(document.createElement(kind), more));
    const tell = () => {
      model.set('body', structuredClone(body));
      model.save_changes();
    };
    const at = (path) => path.slice(0, -1).reduce((inner, part) => (inner[part] ??= {}), body);
    for (const [path, kind, options] of model.get('fields')) {
      const last = path.at(-1);
      const label = make('label', el, {className: `field bench-${path.join('-')}`});
      make('span', label, {textContent: last});
      const control = make(kind === 'select' ? 'select' : 'input', label);
      for (const text of options) make('option', control, {textContent: text});
      if (kind === 'checkbox') control.type = kind;
      const given = path.reduce((inner, part) => inner?.[part], body);
      if (given !== undefined) control[kind === 'checkbox' ? 'checked' : 'value'] = given;
      control.addEventListener('input', () => {
        at(path)[last] = kind === 'checkbox' ? control.checked : kind === 'number' ? Number(control.value) : control.value;
        tell();
      });
    }
    for (const [name, columns] of Object.entries(model.get('lists'))) {
      const list = make('div', el);
      const rows = body[name] ??= [];
      const show = (row) => {
        const line = make('div', list, {className: 'row'});
        for (const column of columns) {
          const control = make('input', make('label', line, {textContent: column}), {value: row[column] ?? ''});
          control.addEventListener('input', () => { row[column] = control.value; tell(); });
        }
        make('button', line, {textContent: 'Remove'}).addEventListener('click', () => {
          rows.splice(rows.indexOf(row), 1);
          line.remove();
          tell();
        });
      };
      rows.forEach(show);
      make('button', el, {textContent: `Add ${name}`}).addEventListener('click', () => {
        show(rows[rows.push({}) - 1]);
        tell();
      });
    }
    const preview = make('div', el, {className: model.get('preview') && 'bench-preview'});
    const read = () => { preview.innerHTML = model.get('preview'); };
    model.on('change:preview', read);
    read();
  },
};
