// expect: limit  a proxy that is its own prototype
const p = new Proxy({}, { getPrototypeOf: () => p, get: (t, k, r) => Reflect.get(p, k, r) })
p.x
