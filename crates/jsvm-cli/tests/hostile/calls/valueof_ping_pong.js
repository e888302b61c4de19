// expect: limit  two objects that convert each other
const a = { valueOf: () => +b }, b = { valueOf: () => +a }
+a
