// A thread of the engine: it waits in engine.wasm for runs, and takes part in them, for as long as the page lives.
self.addEventListener('message', ({ data: { compiled, memory, stack, told } }) => {
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  exports.__stack_pointer.value = stack;
  exports.help(...told);
}, { once: true });
