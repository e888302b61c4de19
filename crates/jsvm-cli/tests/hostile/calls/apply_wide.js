// expect: limit  apply with more arguments than there may be
Math.max.apply(null, { length: 2 ** 31 })
