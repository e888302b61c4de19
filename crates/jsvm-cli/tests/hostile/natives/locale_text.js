// expect: limit  toString is toLocaleString, which calls toString
const o = {};
o.toString = o.toLocaleString;
o + "";
