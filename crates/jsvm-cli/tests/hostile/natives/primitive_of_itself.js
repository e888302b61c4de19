// expect: limit  the conversion to a primitive is a bound conversion of the same object
const a = {};
a[Symbol.toPrimitive] = Number.bind(null, a);
+a;
