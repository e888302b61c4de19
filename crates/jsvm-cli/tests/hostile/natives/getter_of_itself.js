// expect: limit  a bound getter reads its own property
const a = {};
Object.defineProperty(a, "x", { get: Reflect.get.bind(null, a, "x") });
a.x;
