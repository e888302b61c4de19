// expect: limit  the iterator of an object is made from the same object
const a = {};
a[Symbol.iterator] = Array.from.bind(null, a);
[...a];
