// Shows widgets on a page that is no notebook: ipywidgets' own extension, which a script before this one has loaded, gets
// just what it asks of one. Returns once the view is there.
async ({state, views}) => {
  const nothing = () => {};
  const registry = {register: nothing};
  const comms = {register_target: nothing, kernel: {is_connected: () => true, comm_info: (_, then) => then({content: {comms: {}}})}};
  const notebook = {
    container: {on: nothing},
    events: {on: nothing},
    get_cells: () => [],
    keyboard_manager: {actions: registry},
    kernel: {comm_manager: comms},
    metadata: {widgets: {'application/vnd.jupyter.widget-state+json': state}},
  };
  window.Jupyter = {version: '7', menubar: {actions: registry}, notebook, notification_area: {widget: nothing}};
  class OutputArea { register_mime_type() {} }
  const modules = {
    'base/js/namespace': Jupyter, 'base/js/events': {on: nothing}, 'base/js/dialog': {},
    'notebook/js/outputarea': {OutputArea},
  };
  window.requirejs = window.require = (names, then) => then(...names.map((name) => modules[name]));
  requirejs.config = nothing;
  document.body.insertAdjacentHTML('beforeend', '<ul hidden><li><a id=help_menu>');
  await window.extension({uri: 'https://code.invalid/extension.js'}).load_ipython_extension();
  const manager = notebook.kernel.widget_manager;
  for (const model_id of Object.keys(state.state)) {
    while (!manager.has_model(model_id)) await new Promise((then) => setTimeout(then, 20));
    // As if a kernel were there: else each has a mark that says it is not.
    (await manager.get_model(model_id)).comm_live = true;
  }
  for (const {model_id} of views) {
    const {luminoWidget} = await manager.create_view(await manager.get_model(model_id));
    luminoWidget.constructor.attach(luminoWidget, document.querySelector('.cell-output-ipywidget-background'));
  }
}
