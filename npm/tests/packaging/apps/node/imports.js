// Imports what it is given, and prints what that did to the world outside.
const touched = [];
const watch = (owner, name) => {
  const own = owner[name];
  owner[name] = function watched(...given) {
    touched.push(name);
    return Reflect.apply(own, this, given);
  };
};
for (const name of ['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']) watch(globalThis, name);
for (const name of ['compile', 'instantiate', 'compileStreaming', 'instantiateStreaming']) watch(WebAssembly, name);
for (const name of ['log', 'warn', 'error', 'info', 'debug']) watch(console, name);
watch(crypto, 'getRandomValues');
watch(EventTarget.prototype, 'addEventListener');

const before = Object.getOwnPropertyNames(globalThis);
for (const entry of process.argv.slice(2)) await import(entry);
const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
process.stdout.write(JSON.stringify({ touched, added }));
